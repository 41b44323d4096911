"""Running `python -m daemon` is running `hmrc-tui daemon`, without the packages of the screen."""

import argparse
import os
import sys
from pathlib import Path
from typing import NoReturn

from daemon.hardening import harden
from storage.clock import SystemClock
from storage.places import Places
from storage.troubles import Trouble

INTERRUPTED = 130
SOFTWARE_FAULT = 70
"""What sysexits.h calls an internal error."""


class OneLineParser(argparse.ArgumentParser):
    """Says what is wrong with a command line in one line, as every other trouble is said."""

    def error(self, message: str) -> NoReturn:
        """Ends the program with status 2."""
        self.exit(2, f"hmrc-tui: {message}; {self.prog} --help tells how it is written\n")


def main() -> int:
    """Parses the command line and runs the daemon; every trouble is one line and its exit status."""
    parser = OneLineParser(prog="python -m daemon", description="hmrc-tui's daemon.")
    parser.add_argument("--config", type=Path, help="the configuration file to read")
    parser.add_argument("--once", action="store_true", help="make one unattended sync and end")
    arguments = parser.parse_args()
    os.umask(0o077)
    harden()
    try:
        from daemon.headless import run
        from storage.configuration import load

        places = Places.from_environment(os.environ)
        configuration = load(places, os.environ, arguments.config)
        for warning in configuration.warnings:
            print(warning, file=sys.stderr)
        return run(configuration.settings, places, SystemClock(), once=arguments.once)
    except KeyboardInterrupt:  # before the daemon heeds signals itself
        return INTERRUPTED
    except Trouble as trouble:
        print(f"hmrc-tui: {trouble}", file=sys.stderr)
        return trouble.exit_status
    except Exception as fault:  # noqa: BLE001 - one line for the person; a traceback may hold figures
        print(f"hmrc-tui: a fault in the program ({type(fault).__name__})", file=sys.stderr)
        return SOFTWARE_FAULT


if __name__ == "__main__":
    sys.exit(main())
