"""The device's screens, asked of the X display where there is one, and the program's window, asked of the terminal."""

import re
from dataclasses import dataclass
from decimal import Decimal

from daemon.fraud_headers.collect.fact import Fact, Known, Unknown
from daemon.fraud_headers.collect.machine import Machine
from daemon.fraud_headers.collect.terminal import Size

_OUTPUT = re.compile(r"^\S+ connected (?:primary )?([1-9][0-9]*)x([1-9][0-9]*)\+", re.MULTILINE)
_DEPTH = re.compile(r"^\s*depth of root window:\s*([1-9][0-9]*) planes", re.MULTILINE)
_DPI = re.compile(r"^Xft\.dpi:\s*([1-9][0-9]*(?:\.[0-9]+)?)\s*$", re.MULTILINE)
_UNSCALED_DPI = Decimal(96)
_PROGRAMS = ("xrandr", "xdpyinfo", "xrdb")


@dataclass(frozen=True, slots=True)
class Screen:
    """One screen: width and height in pixels, how much the desktop enlarges, bits a pixel."""

    width: int
    height: int
    scaling_factor: Decimal
    colour_depth: int


def collect_screens(machine: Machine) -> Fact[tuple[Screen, ...]]:
    """Every connected screen. Size, scaling and colour depth are all needed: a screen is told whole or not at all."""
    environ = machine.environ
    if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        return Unknown("the session came over SSH and has no screen of this device")
    if environ.get("WAYLAND_DISPLAY"):
        return Unknown("the Wayland display does not tell programs its screens' colour depth")
    if not environ.get("DISPLAY"):
        return Unknown("the session has no graphical display")
    return _from_x(machine)


def _from_x(machine: Machine) -> Fact[tuple[Screen, ...]]:
    absent = [program for program in _PROGRAMS if not machine.installed(program)]
    if absent:
        return Unknown("the display is asked by programs that are not installed", f"install {' and '.join(absent)}")
    outputs, facts = machine.run(["xrandr", "--query"]), machine.run(["xdpyinfo"])
    resources = machine.run(["xrdb", "-query"])
    if outputs is None or facts is None or resources is None:
        return Unknown("the graphical display does not answer")
    sizes, depth, dpi = _OUTPUT.findall(outputs), _DEPTH.search(facts), _DPI.search(resources)
    if not sizes or depth is None:
        return Unknown("the display tells of no connected screen")
    # X itself does not scale; a desktop that does says so in Xft.dpi.
    scaling = (Decimal(dpi[1]) / _UNSCALED_DPI).quantize(Decimal("0.01")).normalize() if dpi else Decimal(1)
    if scaling <= 0:
        return Unknown("the display's scaling cannot be read")
    return Known(tuple(Screen(int(width), int(height), scaling, int(depth[1])) for width, height in sizes))


def collect_window(machine: Machine) -> Fact[Size]:
    """The size in pixels of the window that the program runs in."""
    size = machine.terminal.window()
    if size is not None:
        return Known(size)
    if not machine.terminal.attached():
        return Unknown("the program runs without a terminal, so it has no window")
    return Unknown("the terminal does not tell its size in pixels")
