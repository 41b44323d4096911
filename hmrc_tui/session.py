"""What one command works with: its configuration, its files, the clock, and the ledger and engine made from them when asked."""

import sys
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from storage.clock import Clock, SystemClock
from storage.places import Places

if TYPE_CHECKING:
    from daemon.engine import Engine
    from storage.ledger import Ledger

    from storage.configuration import Configuration
    from storage.settings import Settings


class Session:
    """One command's surroundings. Nothing is read or opened before it is asked for; `close()` closes what was."""

    def __init__(self, environ: Mapping[str, str], config_file: Path | None = None, clock: Clock | None = None) -> None:
        self.environ = environ
        self.config_file = config_file
        self.clock: Clock = clock or SystemClock()
        self.places = Places.from_environment(environ)
        self._closers: list[Callable[[], None]] = []

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

    def narrate(self, text: str) -> None:
        """Says one line to the person, on standard error: standard output is for results."""
        print(text, file=sys.stderr, flush=True)

    def close(self) -> None:
        """Closes what was opened."""
        while self._closers:
            self._closers.pop()()
