"""A machine that always gives the same fraud-prevention headers, in the place of the one that the tests run on."""

from dataclasses import dataclass, field

from daemon.fraud_headers.build import Built
from storage.troubles import StorageTrouble
from tests.daemon.fraud_headers.makers import headers_of


@dataclass
class OneMachine:
    """Gives the same headers whenever it is asked; in the place of this machine."""

    method: str
    uncollectable: dict[str, str] = field(default_factory=dict[str, str])
    changes: dict[str, str | None] = field(default_factory=dict[str, "str | None"])
    trouble: str = ""

    def built(self) -> Built:
        if self.trouble:
            raise StorageTrouble(self.trouble)
        return Built(self.method, headers_of(self.method, **self.changes), self.uncollectable)
