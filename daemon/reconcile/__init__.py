"""Reconciling, as pure functions: HMRC's figures beside the payslips and the P60, every pound of difference explained."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from daemon.reconcile.run import reconcile

__all__ = ["reconcile"]


def __getattr__(name: str) -> Any:
    """Imports the work only when it is asked for: the model alone is imported by every screen."""
    if name == "reconcile":
        from daemon.reconcile.run import reconcile

        return reconcile
    raise AttributeError(name)
