"""Header sets that HMRC would call valid, one for each connection method, and machines of every make."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from daemon.fraud_headers import specification as spec
from daemon.fraud_headers.collect import collect, collect_lasting
from daemon.fraud_headers.collect.fact import Known
from daemon.fraud_headers.collect.machine import Machine
from daemon.fraud_headers.collect.network import _HARDWARE as HARDWARE
from daemon.fraud_headers.collect.terminal import NoTerminal, Size
from tests.makers import StoppedClock

INET, INET6 = 2, 10
DEVICE_ID = "beec798b-b366-47fa-b1f8-92cede14a1ce"
MOMENT = datetime(2025, 7, 1, 9, 0, 5, 120_000, tzinfo=UTC)

EXAMPLES: Mapping[str, str] = {
    spec.DEVICE_ID: DEVICE_ID,
    spec.USER_IDS: r"os=domain%5Calice&my-application=alice123",
    spec.TIMEZONE: "UTC+01:00",
    spec.LICENSE_IDS: "my-licensed-software=8D7963490527D33716835EE7C195516D5E562E03B224E9B359836466EE40CDE1",
    spec.PRODUCT_NAME: "Product%20Name",
    spec.VENDOR_VERSION: "my-frontend-app=2.2.2&my-serverside-code=v3.8",
    spec.LOCAL_IPS: "fc00%3A%3A,10.1.2.3",
    spec.LOCAL_IPS_TIMESTAMP: "2020-09-21T14:30:05.123Z",
    spec.USER_AGENT: "os-family=Windows&os-version=Server%202012&device-manufacturer=Dell%20Inc.&device-model=OptiPlex%20980",
    spec.MAC_ADDRESSES: "ea%3A43%3A1a%3A5d%3A21%3A45,10%3A12%3Acc%3Afa%3Aaa%3A32",
    spec.MULTI_FACTOR: "type=AUTH_CODE&timestamp=2021-11-21T13%3A23Z&unique-reference=fc4b5fd6816f75a7",
    spec.SCREENS: "width=1920&height=1080&scaling-factor=1&colour-depth=16,"
    "width=3000&height=2000&scaling-factor=1.25&colour-depth=16",
    spec.WINDOW_SIZE: "width=1256&height=803",
    spec.PUBLIC_IP: "198.51.100.0",
    spec.PUBLIC_IP_TIMESTAMP: "2020-09-21T14:30:05.100Z",
    spec.PUBLIC_PORT: "12345",
    spec.FORWARDED: "by=203.0.113.6&for=198.51.100.0",
    spec.VENDOR_PUBLIC_IP: "203.0.113.6",
    spec.BROWSER_JS_USER_AGENT: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0 Safari/537.36",
}
"""HMRC's own examples, from the specification."""


def headers_of(method: str, **changes: str | None) -> dict[str, str]:
    """A valid set for `method`. A change names a header by its last words, such as `timezone`; None leaves it out."""
    headers = {spec.CONNECTION_METHOD: method}
    headers |= {name: EXAMPLES[name] for name in spec.REQUIRED[method] if name in EXAMPLES}
    if method == spec.WEB_APP_VIA_SERVER:
        headers[spec.USER_IDS] = "my-application=alice123"
    for key, value in changes.items():
        name = next(name for name in spec.HEADERS if name.lower().endswith("-" + key.replace("_", "-")))
        headers.pop(name, None)
        if value is not None:
            headers[name] = value
    return headers


@dataclass(frozen=True)
class Address:
    """One address of an interface, as psutil gives it."""

    family: int
    address: str


class Window:
    """A terminal whose window has a size."""

    def __init__(self, size: Size | None = (1256, 803)) -> None:
        self.size = size

    def attached(self) -> bool:
        return True

    def window(self) -> Size | None:
        return self.size


XRANDR = """Screen 0: minimum 320 x 200, current 4480 x 1440, maximum 16384 x 16384
eDP-1 connected primary 1920x1080+0+0 (normal left inverted right x axis y axis) 344mm x 194mm
   1920x1080     60.02*+
HDMI-1 disconnected (normal left inverted right x axis y axis)
DP-1 connected 2560x1440+1920+0 (normal left inverted right x axis y axis) 597mm x 336mm
   2560x1440     59.95*+
DP-2 connected (normal left inverted right x axis y axis)
"""
XDPYINFO = "screen #0:\n  dimensions:    4480x1440 pixels\n  depth of root window:    24 planes\n"
XRDB = "Xft.antialias:\t1\nXft.dpi:\t120\n"

INTERFACES: Mapping[str, Sequence[Address]] = {
    "lo": [Address(INET, "127.0.0.1"), Address(INET6, "::1"), Address(HARDWARE, "00:00:00:00:00:00")],
    "wlan0": [Address(HARDWARE, "EA:43:1A:5D:21:45")],
    "eth0": [
        Address(INET, "192.168.1.20"),
        Address(INET6, "fe80::fc:ff:fe00:1%eth0"),
        Address(INET6, "2001:db8:1::20"),
        Address(HARDWARE, "10:12:cc:fa:aa:32"),
    ],
    "veth12ab": [Address(INET6, "fe80::99%veth12ab"), Address(HARDWARE, "9e:2b:aa:f7:73:1d")],
}


def a_machine(root: Path = Path("/nowhere"), **changes: Any) -> Machine:
    """A desktop with two screens, whose user is alice in London in summer."""
    said = {"xrandr": XRANDR, "xdpyinfo": XDPYINFO, "xrdb": XRDB}
    values: dict[str, Any] = {
        "environ": {"DISPLAY": ":0", "TERM": "xterm-256color"},
        "interfaces": lambda: INTERFACES,
        "user_name": lambda: "alice",
        "user_number": lambda: 1000,
        "offset": lambda _moment: timedelta(hours=1),
        "system": lambda: "Linux",
        "release": lambda: "6.1.0-18-amd64",
        "os_release": lambda: {"NAME": "Debian GNU/Linux", "VERSION_ID": "12"},
        "root": root,
        "installed": lambda _program: True,
        "run": lambda command: said.get(command[0]),
        "terminal": Window(),
    }
    return Machine(**{**values, **changes})


def over_ssh(**changes: Any) -> Machine:
    """A machine reached over SSH, its display forwarded, its terminal silent about pixels."""
    environ = {
        "SSH_CONNECTION": "198.51.100.7 50000 192.168.1.20 22",
        "SSH_TTY": "/dev/pts/0",
        "DISPLAY": "localhost:10.0",
    }
    return a_machine(**{"environ": environ, "terminal": Window(None), **changes})


def in_tmux(**changes: Any) -> Machine:
    """A text console inside tmux, which passes the size in pixels on."""
    environ = {"TMUX": "/tmp/tmux-1000/default,1,0", "TERM": "tmux-256color"}
    return a_machine(**{"environ": environ, "terminal": Window((1600, 900)), **changes})


def in_a_container(**changes: Any) -> Machine:
    """A container: no display, no firmware, no terminal, and a user number without a name."""
    interfaces = {"lo": INTERFACES["lo"], "eth0": [Address(INET, "172.17.0.2"), Address(HARDWARE, "02:42:ac:11:00:02")]}
    values: dict[str, Any] = {
        "environ": {},
        "interfaces": lambda: interfaces,
        "user_name": lambda: None,
        "user_number": lambda: 100123,
        "offset": lambda _moment: timedelta(0),
        "installed": lambda _program: False,
        "run": lambda _command: None,
        "terminal": NoTerminal(),
    }
    return a_machine(**{**values, **changes})


def without_a_network_card(**changes: Any) -> Machine:
    """A machine that has nothing but its loopback interface."""
    return a_machine(**{"interfaces": lambda: {"lo": INTERFACES["lo"]}, **changes})


def collected_from(machine: Machine, clock: StoppedClock | None = None):
    """Everything collected from `machine`, with a device id."""
    return collect(machine, clock or StoppedClock(MOMENT), collect_lasting(machine, lambda: Known(DEVICE_ID)))
