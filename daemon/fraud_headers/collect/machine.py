"""The machine as the collectors see it: each way of asking it is a part that a test can replace."""

import os
import platform
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from daemon.fraud_headers.collect.terminal import SilentTerminal, Terminal, through_tmux
from daemon.hardening import environment_for_others

_PATIENCE = 2.0
"""Seconds that a program which describes the display may take."""


class InterfaceAddress(Protocol):
    """One address of a network interface, as psutil gives it."""

    @property
    def family(self) -> int:
        """The address family: AF_INET, AF_INET6, or that of hardware addresses."""
        ...

    @property
    def address(self) -> str:
        """The address as text; an IPv6 address may carry its zone."""
        ...


def _interfaces() -> Mapping[str, Sequence[InterfaceAddress]]:
    import psutil

    return psutil.net_if_addrs()


def _user_name() -> str | None:
    try:
        import pwd
    except ImportError:  # no such database on this system
        import getpass

        return getpass.getuser()
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return None


def _user_number() -> int | None:
    return os.getuid() if hasattr(os, "getuid") else None


def _offset(moment: datetime) -> timedelta | None:
    return moment.astimezone().utcoffset()


def _os_release() -> Mapping[str, str]:
    try:
        return platform.freedesktop_os_release()
    except OSError:
        return {}


def _installed(program: str) -> bool:
    return shutil.which(program) is not None


def _run(command: Sequence[str]) -> str | None:
    """What a program says on standard output; None where it is not installed, fails, or takes too long."""
    try:
        done = subprocess.run(
            [*command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE,
            check=True,
            env=environment_for_others(),
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace")


@dataclass(frozen=True)
class Machine:
    """This machine, unless a part of it is replaced."""

    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    interfaces: Callable[[], Mapping[str, Sequence[InterfaceAddress]]] = _interfaces
    user_name: Callable[[], str | None] = _user_name
    """The signed-in user's name; None where the user database does not know the user."""
    user_number: Callable[[], int | None] = _user_number
    offset: Callable[[datetime], timedelta | None] = _offset
    """The local zone's offset from UTC at a moment."""
    system: Callable[[], str] = platform.system
    release: Callable[[], str] = platform.release
    os_release: Callable[[], Mapping[str, str]] = _os_release
    root: Path = Path("/")
    """Where /sys and /proc are found."""
    installed: Callable[[str], bool] = _installed
    run: Callable[[Sequence[str]], str | None] = _run
    terminal: Terminal = field(default_factory=lambda: SilentTerminal(tmux=through_tmux(os.environ)))
