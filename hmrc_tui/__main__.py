"""The `hmrc-tui` command, which `python -m hmrc_tui` is too. Ctrl-C ends it without a word while it is still being imported."""

import signal
from typing import NoReturn


def main() -> NoReturn:
    """Runs the command line and ends the process with the contracted exit status."""
    interrupted = signal.getsignal(signal.SIGINT)
    if interrupted is signal.default_int_handler:  # else whoever started it has Ctrl-C ignored
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from hmrc_tui.cli import main as run

    signal.signal(signal.SIGINT, interrupted)
    run()


if __name__ == "__main__":
    main()
