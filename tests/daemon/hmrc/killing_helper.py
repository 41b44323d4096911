"""The process that asks HMRC for tokens, which kills at a named step its parent alone, both of them, or itself alone.

Run as `python -m tests.daemon.hmrc.killing_helper STEP PARENT alone|both|itself`.
"""

import os
import signal
import sys

from daemon.hmrc.refresh_process import run


def main() -> None:
    step, parent, who = sys.argv[1:]

    def reached(point: str) -> None:
        if point == step:
            if who != "itself":
                os.kill(int(parent), signal.SIGKILL)
            if who != "alone":
                os.kill(os.getpid(), signal.SIGKILL)

    os._exit(run(reached))


if __name__ == "__main__":
    main()
