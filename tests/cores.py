"""How long a process was kept waiting for a core: what a busy machine adds to a wall time, and the program cannot help."""

from pathlib import Path


class Busy:
    """What the kernel tells of the main thread of a process: the seconds that it waited for a core."""

    def __init__(self, pid: int) -> None:
        self._file = Path(f"/proc/{pid}/task/{pid}/schedstat")

    def waited(self) -> float:
        """The seconds until now, since the thread began."""
        return int(self._file.read_text().split()[1]) / 1e9
