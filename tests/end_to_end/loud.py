"""Runs a command with every logger at its most talkative, into the file that CANARY_LOG names, unredacted by us.

With CANARY_FAULT the program has a fault whose message and variables are those of the secrets that it names.
"""

import logging
import os
import runpy
import sys
from typing import NoReturn


def main() -> None:
    """Runs the module that the first argument names."""
    logging.basicConfig(level=logging.DEBUG, filename=os.environ["CANARY_LOG"], format="%(name)s %(message)s")
    fault = os.environ.pop("CANARY_FAULT", "")
    if fault:
        provoke(fault)
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


def provoke(secrets: str) -> None:
    """From now on the ledger cannot be opened, by a fault of the program's that says `secrets`."""
    from storage import ledger

    def fail(*_: object, **__: object) -> NoReturn:
        at_hand = secrets
        raise ZeroDivisionError(at_hand)

    ledger.open_ledger = fail


if __name__ == "__main__":
    main()
