"""What the guide writes: a new configuration, or a few lines of one that is there and nothing else in it."""

import stat
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hmrc_tui import configuring
from storage.configuration import load
from storage.places import Places
from storage.secret import Secret
from storage.troubles import BadInput

GOOD = {"client_id": 'an "odd" \\ id', "client_secret": "hush", "utr": "2234567890"}
OLD = """# mine
[sync]
at = "05:30"  # before work

[hmrc]
# the old application
environment = "sandbox"
client_id = "old"
client_secret = "old secret"
api_url = "https://api.example"

[storage]
postgres = "postgresql://db/figures"
"""


def write(file: Path, way: configuring.Way, values: dict[str, str]) -> configuring.Plan:
    planned = configuring.plan(file, way, values)
    configuring.write(planned)
    return planned


def test_a_configuration_that_begins_with_a_byte_order_mark_is_changed_as_any_other(home: Path) -> None:
    file = home / "config.toml"
    home.mkdir()
    file.write_text(OLD, encoding="utf-8-sig")
    write(file, "sandbox", GOOD)
    assert load(Places.under(home), {}).settings.hmrc.client_id == Secret(GOOD["client_id"])


@pytest.mark.parametrize("way", ["sandbox", "production"])
def test_what_it_writes_is_read_back_as_it_was_typed(home: Path, way: configuring.Way) -> None:
    places = Places.under(home)
    write(places.config_file, way, GOOD)
    hmrc = load(places, {}).settings.hmrc
    assert hmrc.environment == way
    assert hmrc.client_id is not None
    assert hmrc.client_secret is not None
    assert hmrc.utr is not None
    assert (hmrc.client_id.reveal(), hmrc.client_secret.reveal(), hmrc.utr.reveal()) == tuple(GOOD.values())
    assert "hush" not in places.config_file.read_text()
    for file in (places.config_file, home / "client_secret"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_payslips_alone_need_no_credentials(home: Path) -> None:
    write(home / "config.toml", "payslips", {})
    assert tomllib.loads((home / "config.toml").read_text()) == {"hmrc": {"environment": "production"}}


def test_of_a_configuration_that_is_there_only_the_lines_asked_for_change(home: Path) -> None:
    home.mkdir()
    file = home / "config.toml"
    file.write_text(OLD)
    planned = write(file, "production", GOOD)
    before, after = tomllib.loads(OLD), tomllib.loads(file.read_text())
    assert after["hmrc"] == {
        "environment": "production",
        "client_id": GOOD["client_id"],
        "utr": GOOD["utr"],
        "client_secret_file": "client_secret",
        "api_url": "https://api.example",
    }
    assert (after["sync"], after["storage"]) == (before["sync"], before["storage"])
    for comment in ("# mine", "# before work", "# the old application"):
        assert comment in file.read_text()
    assert planned.kept.read_text() == OLD
    assert not any("2234567890" in line or "hush" in line for line in planned.lines)
    for written in (file, planned.kept, home / "client_secret"):
        assert stat.S_IMODE(written.stat().st_mode) == 0o600


def test_the_secret_of_another_environment_stays(home: Path) -> None:
    file = home / "config.toml"
    write(file, "sandbox", {**GOOD, "client_secret": "of the sandbox"})
    write(file, "production", GOOD)
    assert (home / "client_secret").read_text() == "of the sandbox\n"
    assert (home / "client_secret_production").read_text() == "hush\n"
    hmrc = load(Places.under(home), {}).settings.hmrc
    assert hmrc.client_secret is not None
    assert hmrc.client_secret.reveal() == "hush"


@pytest.mark.parametrize(
    "text", ['hmrc = { environment = "sandbox" }\n', '[hmrc]\nutr = """\n2234567890"""\n', "[hmrc\n"]
)
def test_what_cannot_be_changed_line_by_line_is_left_as_it_is(home: Path, text: str) -> None:
    home.mkdir()
    (home / "config.toml").write_text(text)
    with pytest.raises(BadInput, match=r"config\.toml"):
        write(home / "config.toml", "production", GOOD)
    assert (home / "config.toml").read_text() == text
    assert not (home / "client_secret").exists()


@given(
    st.sampled_from(
        ["", "[hmrc]", "[hmrc]\n", "[sync]\nat = '06:00'", "# [hmrc]\n[ hmrc ]  # here\nutr = '1234567890'\n[a]\n"]
    ),
    st.text(max_size=8),
)
def test_whatever_is_typed_is_read_back_as_it_was(before: str, client_id: str) -> None:
    values = {"environment": "sandbox", "client_id": client_id}
    changed = configuring._changed(before, values, Path("config.toml"))
    assert tomllib.loads(changed)["hmrc"].items() >= values.items()


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({}, ""),
        ({"utr": "12345"}, "ten digits"),
        ({"utr": "22345678９0"}, "ten digits"),
        ({"client_id": ""}, "Missing: Client ID"),
        ({"client_secret": ""}, "Missing: Client secret"),
    ],
)
def test_what_is_typed_is_checked(changes: dict[str, str], complaint: str) -> None:
    assert complaint in configuring.fault({**GOOD, **changes}, "production")
    assert bool(configuring.fault({**GOOD, **changes}, "production")) == bool(complaint)


def test_the_sandbox_takes_the_utr_later_because_its_test_user_is_made_with_the_credentials(home: Path) -> None:
    values = {**GOOD, "utr": ""}
    assert configuring.fault(values, "sandbox") == ""
    assert configuring.fault(values, "production") == "A UTR has ten digits."
    assert configuring.fault({**GOOD, "utr": "12345"}, "sandbox") == "A UTR has ten digits."
    assert configuring.fault({**values, "client_id": ""}, "sandbox") == "Missing: Client ID."
    write(home / "config.toml", "sandbox", values)
    hmrc = load(Places.under(home), {}).settings.hmrc
    assert (hmrc.environment, hmrc.utr) == ("sandbox", None)
    assert hmrc.client_secret is not None
