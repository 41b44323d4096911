"""What one command works with: its configuration, its files, the clock, and the ledger and engine made from them when asked."""

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from storage.clock import Clock, SystemClock
from storage.places import Places
from storage.troubles import BadInput

if TYPE_CHECKING:
    from daemon.engine import Engine
    from storage.configuration import Configuration
    from storage.ledger import Ledger
    from storage.settings import Settings
    from storage.tax_year import TaxYear


class Session:
    """One command's surroundings. Nothing is read or opened before it is asked for; `close()` closes what was."""

    def __init__(self, environ: Mapping[str, str], config_file: Path | None = None, clock: Clock | None = None) -> None:
        self.environ = environ
        self.config_file = config_file
        self.clock: Clock = clock or SystemClock()
        self.places = Places.from_environment(environ)
        self._closers: list[Callable[[], None]] = []
        self._payslips_read = False

    @cached_property
    def configuration(self) -> "Configuration":
        """The configuration, read once; its warnings are told on standard error. Raises `BadInput`."""
        from storage.configuration import load

        configuration = load(self.places, self.environ, self.config_file)
        for warning in configuration.warnings:
            self.narrate(warning)
        return configuration

    @property
    def settings(self) -> "Settings":
        """The settings of the configuration."""
        return self.configuration.settings

    def ledger(self) -> "Ledger":
        """This environment's ledger, opened once. Raises `StorageTrouble` or `BadInput`."""
        return self._ledger

    def books(self) -> "Ledger":
        """The ledger, with the payslips of `[payslips] database` read into it anew, once a command.

        While that database is away the payslips of its last reading serve, and the person is told so. Raises as `ledger` does.
        """
        if self.settings.payslips.database is not None and not self._payslips_read:
            from storage.imports.payslip_ingest import refresh_mirror

            self._payslips_read = True
            report = refresh_mirror(self.settings, self.ledger(), self.clock)
            for text in (*((report.trouble,) if report.trouble else ()), *report.notes):
                self.narrate(text)
        return self.ledger()

    def years(self, names: Sequence[str]) -> "tuple[TaxYear, ...] | None":
        """The tax years that were named on the command line; None, for every year there is, where none was. Raises `BadInput`."""
        if not names:
            return None
        from daemon.years import which_years

        return which_years(names, self.settings, self.clock, self.books().first_pay_date())

    @cached_property
    def _ledger(self) -> "Ledger":
        from storage.ledger import open_ledger

        ledger = open_ledger(self.settings, self.places, self.clock, taxpayer=self.settings.hmrc.utr)
        self._closers.append(ledger.close)
        return ledger

    def engine(self) -> "Engine":
        """The engine on this configuration, built once; whoever starts it closes it."""
        return self._engine

    @cached_property
    def _engine(self) -> "Engine":
        from daemon.engine import build_engine

        return build_engine(self.settings, self.places, self.clock)

    def require_terminal(self, instead: str) -> None:
        """Raises `BadInput`, naming the command to use `instead`, where there is no terminal to open the interface in."""
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            raise BadInput(f"the terminal interface needs a terminal; for text use: {instead}")

    def narrate(self, text: str) -> None:
        """Says one line to the person, on standard error: standard output is for results."""
        print(text, file=sys.stderr, flush=True)

    def close(self) -> None:
        """Closes what was opened."""
        while self._closers:
            self._closers.pop()()
