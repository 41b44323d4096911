"""How long a process was kept waiting for a core: what a busy machine adds to a wall time, and the program cannot help."""

import time
from pathlib import Path


class Busy:
    """What the kernel tells of a process: the seconds that its main thread waited for a core, and those that all its threads had one."""

    def __init__(self, pid: int) -> None:
        self._clock = (~pid << 3) | 2  # the clock of another process's time on cores: clock_getcpuclockid(3)
        self._file = Path(f"/proc/{pid}/task/{pid}/schedstat")

    def waited(self) -> float:
        """The seconds until now, since the thread began."""
        return int(self._file.read_text().split()[1]) / 1e9

    def used(self) -> float:
        """The seconds of processor time of all threads until now, in nanoseconds' steps."""
        return time.clock_gettime(self._clock)
