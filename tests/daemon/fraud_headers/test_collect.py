"""What is collected on machines of every make, and what is said where something is not to be had."""

import os
import socket
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from ipaddress import ip_address
from pathlib import Path

import psutil
import pytest

from daemon.fraud_headers.collect.display import Screen, collect_screens, collect_window
from daemon.fraud_headers.collect.fact import Known, Unknown
from daemon.fraud_headers.collect.machine import Machine
from daemon.fraud_headers.collect.network import collect_network
from daemon.fraud_headers.collect.system import collect_system
from daemon.fraud_headers.collect.terminal import NoTerminal
from daemon.fraud_headers.collect.user import collect_offset, collect_os_user
from tests.daemon.fraud_headers.makers import (
    HARDWARE,
    INET,
    INET6,
    MOMENT,
    XDPYINFO,
    XRANDR,
    XRDB,
    Address,
    Window,
    a_machine,
    in_a_container,
    in_tmux,
    over_ssh,
    without_a_network_card,
)
from tests.makers import StoppedClock

CLOCK = StoppedClock(MOMENT)


def addresses_of(machine: Machine) -> list[str]:
    found = collect_network(machine, CLOCK).addresses
    assert isinstance(found, Known)
    return [str(address) for address in found.value.addresses]


def with_addresses(*texts: str) -> Machine:
    addresses = [Address(INET6 if ":" in text else INET, text) for text in texts]
    return a_machine(interfaces=lambda: {"eth0": addresses})


def test_local_addresses_come_without_loopback_zones_and_public_ones() -> None:
    network = collect_network(a_machine(), CLOCK)

    assert isinstance(network.addresses, Known)
    assert network.addresses.value.addresses == (ip_address("192.168.1.20"), ip_address("fe80::fc:ff:fe00:1"))
    assert network.addresses.value.taken_at == MOMENT
    assert network.addresses.note == "1 left out that are not local addresses: HMRC refuses them in this header"


def test_addresses_are_told_once_and_in_a_lasting_order() -> None:
    machine = with_addresses("fe80::1%wlan0", "192.168.1.9", "10.0.0.7", "fe80::1%eth0", "fd00::1", "192.168.1.9")

    assert addresses_of(machine) == ["10.0.0.7", "192.168.1.9", "fd00::1", "fe80::1"]


def test_hardware_addresses_come_in_one_form_without_empty_ones() -> None:
    network = collect_network(a_machine(), CLOCK)

    assert network.hardware == Known(("10:12:cc:fa:aa:32", "ea:43:1a:5d:21:45"))


def test_an_infiniband_address_is_no_mac_address() -> None:
    card = [Address(HARDWARE, "80:00:02:08:fe:80:00:00:00:00:00:00:f4:52:14:03:00:7b:cb:a1")]

    assert isinstance(collect_network(a_machine(interfaces=lambda: {"ib0": card}), CLOCK).hardware, Unknown)


def test_a_machine_without_a_network_card_says_so() -> None:
    network = collect_network(without_a_network_card(), CLOCK)

    assert network.addresses == Unknown("this machine has no network address")
    assert network.hardware == Unknown("this machine has no network card with a hardware address")


def test_a_machine_with_only_public_addresses_says_so() -> None:
    found = collect_network(with_addresses("203.0.113.9", "2001:db8::9", "100.64.0.1"), CLOCK).addresses

    assert isinstance(found, Unknown)
    assert "only public ones" in found.why


def test_a_system_that_hides_its_interfaces_is_believed() -> None:
    def hidden() -> dict[str, list[Address]]:
        raise PermissionError(13, "Permission denied")

    network = collect_network(a_machine(interfaces=hidden), CLOCK)

    assert network.addresses == network.hardware
    assert isinstance(network.addresses, Unknown)


def test_this_machines_own_addresses_are_those_of_its_interfaces() -> None:
    mine = {
        one.address.split("%")[0]
        for addresses in psutil.net_if_addrs().values()
        for one in addresses
        if one.family in {socket.AF_INET, socket.AF_INET6}
    }
    found = collect_network(Machine(), CLOCK).addresses

    if isinstance(found, Known):
        assert {str(address) for address in found.value.addresses} <= {str(ip_address(text)) for text in mine}


def test_the_user_is_who_the_process_runs_as() -> None:
    assert collect_os_user(a_machine()) == Known("alice")


@pytest.mark.parametrize("name", [None, "", "  "])
def test_a_user_without_a_name_is_told_by_number(name: str | None) -> None:
    found = collect_os_user(a_machine(user_name=lambda: name, user_number=lambda: 100123))

    assert found == Known("100123", "the user has no name here, so the user's number is sent")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become a user that has no name")
def test_a_process_of_a_user_that_nobody_knows_is_told_by_number(pytestconfig: pytest.Config) -> None:
    program = (
        "import os; from daemon.fraud_headers.collect.machine import Machine\n"
        "from daemon.fraud_headers.collect.user import collect_os_user\n"
        "machine = Machine(); os.setuid(2000123); print(collect_os_user(machine).value)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=pytestconfig.rootpath, capture_output=True, text=True, check=True
    )

    assert done.stdout == "2000123\n"


@pytest.mark.parametrize("name", ["null", "Undefined"])
def test_a_user_called_like_a_placeholder_is_told_by_number(name: str) -> None:
    found = collect_os_user(a_machine(user_name=lambda: name))

    assert isinstance(found, Known)
    assert found.value == "1000"


def test_no_user_at_all_is_not_made_up() -> None:
    assert isinstance(collect_os_user(a_machine(user_name=lambda: None, user_number=lambda: None)), Unknown)


@pytest.mark.parametrize("minutes", [0, 60, -210, 345, 14 * 60, -12 * 60])
def test_the_offset_is_the_present_one(minutes: int) -> None:
    offset = timedelta(minutes=minutes)

    assert collect_offset(a_machine(offset=lambda _moment: offset), CLOCK) == Known(offset)


@pytest.mark.parametrize("offset", [None, timedelta(minutes=7), timedelta(seconds=-75), timedelta(hours=15)])
def test_an_offset_of_no_time_zone_is_for_the_person_to_mend(offset: timedelta | None) -> None:
    found = collect_offset(a_machine(offset=lambda _moment: offset), CLOCK)

    assert isinstance(found, Unknown)
    assert found.mend == "set its time zone"


def test_screens_are_told_with_size_scaling_and_depth() -> None:
    expected = (Screen(1920, 1080, Decimal("1.25"), 24), Screen(2560, 1440, Decimal("1.25"), 24))

    assert collect_screens(a_machine()) == Known(expected)


def test_a_display_that_does_not_scale_has_the_factor_one() -> None:
    said = {"xrandr": XRANDR, "xdpyinfo": XDPYINFO, "xrdb": "Xcursor.size:\t24\n"}
    found = collect_screens(a_machine(run=lambda command: said[command[0]]))

    assert isinstance(found, Known)
    assert {screen.scaling_factor for screen in found.value} == {Decimal(1)}


@pytest.mark.parametrize(
    ("machine", "why"),
    [
        (over_ssh(), "the session came over SSH and has no screen of this device"),
        (in_tmux(), "the session has no graphical display"),
        (in_a_container(), "the session has no graphical display"),
        (
            a_machine(environ={"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}),
            "the Wayland display does not tell programs its screens' colour depth",
        ),
        (a_machine(run=lambda _command: None), "the graphical display does not answer"),
        (a_machine(run=lambda _command: "nonsense"), "the display tells of no connected screen"),
        (
            a_machine(run=lambda command: {"xrandr": XRANDR, "xdpyinfo": "", "xrdb": XRDB}[command[0]]),
            "the display tells of no connected screen",
        ),
    ],
)
def test_screens_that_cannot_be_had_are_declared(machine: Machine, why: str) -> None:
    assert collect_screens(machine) == Unknown(why)


def test_programs_that_are_missing_are_named() -> None:
    found = collect_screens(a_machine(installed=lambda program: program == "xrandr"))

    assert isinstance(found, Unknown)
    assert found.mend == "install xdpyinfo and xrdb"


def test_the_window_is_what_the_terminal_tells() -> None:
    assert collect_window(a_machine()) == Known((1256, 803))
    assert collect_window(in_tmux()) == Known((1600, 900))
    assert collect_window(over_ssh()) == Unknown("the terminal does not tell its size in pixels")
    assert collect_window(a_machine(terminal=NoTerminal())) == Unknown(
        "the program runs without a terminal, so it has no window"
    )
    assert collect_window(over_ssh(terminal=Window((1600, 900)))) == Known((1600, 900))  # SSH passes pixels on


def firmware(root: Path, **texts: str) -> Machine:
    folder = root / "sys/class/dmi/id"
    folder.mkdir(parents=True)
    for name, text in texts.items():
        (folder / name).write_text(text)
    return a_machine(root)


def test_the_device_is_what_the_firmware_says(tmp_path: Path) -> None:
    system = collect_system(firmware(tmp_path, sys_vendor="Dell Inc.\n", product_name="OptiPlex  980\n"))

    assert (system.family, system.version) == (Known("Linux"), Known("Debian GNU/Linux 12"))
    assert (system.manufacturer, system.model) == (Known("Dell Inc."), Known("OptiPlex 980"))


def test_what_a_maker_left_unfilled_is_not_sent(tmp_path: Path) -> None:
    filler = {"sys_vendor": "To Be Filled By O.E.M.", "product_name": "System Product Name", "board_vendor": "null"}
    system = collect_system(firmware(tmp_path, **filler, board_name="PRIME B450"))

    assert isinstance(system.manufacturer, Unknown)
    assert system.model == Known("PRIME B450")


def test_a_board_without_dmi_is_known_by_its_device_tree(tmp_path: Path) -> None:
    (tmp_path / "proc/device-tree").mkdir(parents=True)
    (tmp_path / "proc/device-tree/model").write_bytes(b"Raspberry Pi 4 Model B Rev 1.4\0")

    assert collect_system(a_machine(tmp_path)).model == Known("Raspberry Pi 4 Model B Rev 1.4")


def test_without_firmware_maker_and_model_are_declared() -> None:
    system = collect_system(in_a_container())

    assert isinstance(system.manufacturer, Unknown)
    assert isinstance(system.model, Unknown)


def test_a_system_without_a_distribution_tells_its_kernel() -> None:
    assert collect_system(a_machine(os_release=dict)).version == Known("6.1.0-18-amd64")
    assert collect_system(a_machine(os_release=lambda: {"NAME": "Arch Linux"})).version == Known("6.1.0-18-amd64")


def test_a_mac_is_apples() -> None:
    mac = a_machine(system=lambda: "Darwin", release=lambda: "24.6.0", os_release=dict)
    system = collect_system(replace(mac, run=lambda _command: "MacBookPro15,2\n"))

    assert system.family == Known("MacOS")
    assert (system.manufacturer, system.model) == (Known("Apple"), Known("MacBookPro15,2"))


def test_a_platform_that_tells_nothing_is_not_made_up() -> None:
    system = collect_system(a_machine(system=lambda: "", release=lambda: "", os_release=dict))

    assert isinstance(system.family, Unknown)
    assert isinstance(system.version, Unknown)


def test_programs_that_fail_or_hang_or_are_missing_say_nothing(tmp_path: Path) -> None:
    run = Machine().run

    assert run(["no-such-program-anywhere"]) is None
    assert run(["false"]) is None
    assert run(["echo", "made up"]) == "made up\n"
