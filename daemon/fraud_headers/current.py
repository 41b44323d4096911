"""The headers of this machine at this moment, for the client to send with every call and for the person to see."""

import threading
from collections.abc import Mapping
from dataclasses import replace

from daemon.fraud_headers.build import OUR_METHODS, WITH_DISPLAY, Built, build
from daemon.fraud_headers.collect import Lasting, collect, collect_lasting
from daemon.fraud_headers.collect.machine import Machine
from daemon.fraud_headers.collect.terminal import AskingTerminal, NoTerminal
from daemon.fraud_headers.device import VaultReader, device_id
from storage.clock import Clock
from storage.places import Places
from storage.settings import Settings
from storage.troubles import BadInput


class HeaderSource:
    """Gives the headers of one connection method, again and again: `source()` is what to send now.

    What lasts (device id, user, system, screens) is collected once; addresses, time zone and window at every call, as
    HMRC asks. The first collection may read Vault and start programs: `prepare()` it in a thread where nothing may
    block. Calls may come from any thread.
    """

    def __init__(
        self,
        method: str,
        settings: Settings,
        places: Places,
        clock: Clock,
        *,
        machine: Machine | None = None,
        read_vault: VaultReader | None = None,
    ) -> None:
        """`machine` replaces this machine in tests. Raises `BadInput` for a method that this program does not have."""
        if method not in OUR_METHODS:
            raise BadInput(f"hmrc-tui connects to HMRC as {' or '.join(OUR_METHODS)}, not as {method}")
        self.method = method
        self._settings = settings
        self._places = places
        self._clock = clock
        self._machine = _seen_by(method, machine)
        self._read_vault = read_vault
        self._lock = threading.Lock()
        self._lasting: Lasting | None = None

    def __call__(self) -> Mapping[str, str]:
        """The headers to send with a request that is about to be made."""
        return self.built().headers

    def built(self) -> Built:
        """The headers, and what could not be collected and why."""
        return build(self.method, collect(self._machine, self._clock, self.prepare()))

    def prepare(self) -> Lasting:
        """Collects what lasts, if that was not done yet."""
        with self._lock:
            if self._lasting is None:
                self._lasting = collect_lasting(
                    self._machine, lambda: device_id(self._settings, self._places, self._read_vault)
                )
            return self._lasting


def _seen_by(method: str, machine: Machine | None) -> Machine:
    """The machine as `method` may look at it: a timer has no window, and asks no terminal that it may happen to have."""
    if machine is not None:
        return machine
    here = Machine()
    if method not in WITH_DISPLAY:
        return replace(here, environ={}, terminal=NoTerminal())
    return replace(here, terminal=AskingTerminal(here.environ))


def built_for(method: str, settings: Settings, places: Places, clock: Clock) -> Built:
    """The headers of this machine now, collected from scratch, and what could not be collected and why.

    Keep a `HeaderSource` where several calls are made.
    """
    return HeaderSource(method, settings, places, clock).built()
