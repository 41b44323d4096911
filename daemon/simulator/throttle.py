"""HMRC's throttle: so many requests in any second for each application, all its users together (reference guide: three)."""

import threading
from collections import defaultdict, deque


class Throttle:
    """A sliding window for each application: a request that would be the fourth within `seconds` is refused."""

    def __init__(self, requests: int = 3, seconds: float = 1.0, *, count_refused: bool = False) -> None:
        self.requests = requests
        self.seconds = seconds
        self.count_refused = count_refused
        """Unknown: whether HMRC counts a refused request as well. Here it does not, unless switched on."""
        self._admitted: defaultdict[str, deque[float]] = defaultdict(deque)
        self._lock = threading.Lock()

    def admits(self, application: str, moment: float) -> bool:
        """Whether the request of `application` at `moment` (seconds of a monotonic clock) is within its quota."""
        with self._lock:
            stamps = self._admitted[application]
            while stamps and moment - stamps[0] >= self.seconds:
                stamps.popleft()
            admitted = len(stamps) < self.requests
            if admitted or self.count_refused:
                stamps.append(moment)
            return admitted


def busiest(moments: list[float], seconds: float = 1.0) -> int:
    """The largest number of `moments` that lie within any `seconds`, the end excluded."""
    window: deque[float] = deque()
    most = 0
    for moment in sorted(moments):
        while window and moment - window[0] >= seconds:
            window.popleft()
        window.append(moment)
        most = max(most, len(window))
    return most
