"""Collects what the headers tell about this machine: one small collector a fact, and nothing made up."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from daemon.fraud_headers.collect.display import Screen, collect_screens, collect_window
from daemon.fraud_headers.collect.fact import Fact
from daemon.fraud_headers.collect.machine import Machine
from daemon.fraud_headers.collect.network import Network, collect_network
from daemon.fraud_headers.collect.system import System, collect_system
from daemon.fraud_headers.collect.terminal import Size
from daemon.fraud_headers.collect.user import collect_offset, collect_os_user
from storage.clock import Clock


@dataclass(frozen=True, slots=True)
class Collected:
    """Everything that the headers of this program are made of."""

    device_id: Fact[str]
    os_user: Fact[str]
    offset: Fact[timedelta]
    network: Network
    screens: Fact[tuple[Screen, ...]]
    window: Fact[Size]
    system: System


@dataclass(frozen=True, slots=True)
class Lasting:
    """What does not change while a program runs, and is collected once."""

    device_id: Fact[str]
    os_user: Fact[str]
    screens: Fact[tuple[Screen, ...]]
    system: System


def collect_lasting(machine: Machine, device_id: Callable[[], Fact[str]]) -> Lasting:
    """Collects what lasts. `device_id` reads or makes the device's id."""
    return Lasting(device_id(), collect_os_user(machine), collect_screens(machine), collect_system(machine))


def collect(machine: Machine, clock: Clock, lasting: Lasting) -> Collected:
    """Collects what may change at any moment, immediately before a request, as HMRC asks for the local addresses."""
    return Collected(
        device_id=lasting.device_id,
        os_user=lasting.os_user,
        offset=collect_offset(machine, clock),
        network=collect_network(machine, clock),
        screens=lasting.screens,
        window=collect_window(machine),
        system=lasting.system,
    )
