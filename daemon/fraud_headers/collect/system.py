"""The operating system, from the platform, and the device's maker and model, from its firmware."""

from dataclasses import dataclass
from pathlib import Path

from daemon.fraud_headers.collect.fact import Fact, Known, Unknown
from daemon.fraud_headers.collect.machine import Machine
from daemon.fraud_headers.encoding import encode, is_placeholder

_FAMILIES = {"Darwin": "MacOS"}
"""Where HMRC's examples call a system by another name than the platform does."""
_FIRMWARE_FILLERS = frozenset(
    {
        "default string",
        "n/a",
        "none",
        "not applicable",
        "not specified",
        "o.e.m.",
        "oem",
        "system manufacturer",
        "system product name",
        "to be filled by o.e.m.",
        "unknown",
        "x.x",
    }
)
"""What makers leave in the firmware where a name should be: placeholders, which HMRC forbids."""


@dataclass(frozen=True, slots=True)
class System:
    """What Gov-Client-User-Agent tells, part by part."""

    family: Fact[str]
    version: Fact[str]
    manufacturer: Fact[str]
    model: Fact[str]


def collect_system(machine: Machine) -> System:
    """The operating system and the device that it runs on. In a container, the firmware is the host's, where it can be seen."""
    name = _meaningful(machine.system())
    family = Known(_FAMILIES.get(name, name)) if name else Unknown("the platform does not tell its operating system")
    return System(family, _version(machine), _manufacturer(machine), _model(machine))


def _version(machine: Machine) -> Fact[str]:
    """The distribution and its version where the system says so (os-release), else the kernel's release."""
    release = machine.os_release()
    distribution = f"{release.get('NAME', '')} {release.get('VERSION_ID', '')}" if "VERSION_ID" in release else ""
    version = _meaningful(distribution) or _meaningful(machine.release())
    return Known(version) if version else Unknown("the platform does not tell its operating system's version")


def _manufacturer(machine: Machine) -> Fact[str]:
    if machine.system() == "Darwin":
        return Known("Apple")
    maker = _firmware(machine, "sys/class/dmi/id/sys_vendor", "sys/class/dmi/id/board_vendor")
    return Known(maker) if maker else Unknown("the firmware does not tell the device's manufacturer")


def _model(machine: Machine) -> Fact[str]:
    if machine.system() == "Darwin":
        model = _meaningful(machine.run(["sysctl", "-n", "hw.model"]) or "")
    else:
        model = _firmware(
            machine,
            "sys/class/dmi/id/product_name",
            "sys/class/dmi/id/board_name",
            "proc/device-tree/model",  # boards without DMI, such as the Raspberry Pi
        )
    return Known(model) if model else Unknown("the firmware does not tell the device's model")


def _firmware(machine: Machine, *places: str) -> str:
    """The first of the firmware's texts that says something; empty where none does."""
    return next((text for text in (_read(machine.root / place) for place in places) if text), "")


def _read(file: Path) -> str:
    try:
        raw = file.read_bytes()
    except OSError:
        return ""
    return _meaningful(raw.rstrip(b"\0").decode("utf-8", "replace"))


def _meaningful(text: str) -> str:
    """`text` on one line, or nothing where it is a filler or a placeholder."""
    line = " ".join(text.split())
    return "" if line.lower() in _FIRMWARE_FILLERS or is_placeholder(encode(line)) else line
