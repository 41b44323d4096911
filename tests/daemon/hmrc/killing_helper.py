"""The process that asks HMRC for tokens, which kills its parent at a named step, and itself too where it is told to.

Run as `python -m tests.daemon.hmrc.killing_helper STEP PARENT alone|both`.
"""

import os
import signal
import sys

from daemon.hmrc.refresh_process import run


def main() -> None:
    step, parent, who = sys.argv[1:]

    def reached(point: str) -> None:
        if point == step:
            os.kill(int(parent), signal.SIGKILL)
            if who == "both":
                os.kill(os.getpid(), signal.SIGKILL)

    os._exit(run(reached))


if __name__ == "__main__":
    main()
