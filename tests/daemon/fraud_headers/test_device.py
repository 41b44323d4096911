"""The device's id: one UUID for ever, wherever it comes from."""

import stat
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from daemon.fraud_headers.collect.fact import Known, Unknown
from daemon.fraud_headers.device import device_id
from storage.places import Places
from storage.secret import Secret
from storage.settings import Settings, VaultSettings
from storage.troubles import StorageTrouble
from tests.daemon.fraud_headers.makers import DEVICE_ID

OTHER_ID = "0d1f2c3b-4a59-4687-8796-a5b4c3d2e1f0"
WITH_VAULT = Settings(vault=VaultSettings(address="https://vault.example.com"))


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places.under(tmp_path / "home")


def kept(places: Places) -> Path:
    return places.data / "device-id"


def vault_with(value: str | None):
    def read(_settings: Settings, key: str) -> Secret | None:
        assert key == "device_id"
        return None if value is None else Secret(value)

    return read


def vault_away(_settings: Settings, _key: str) -> Secret | None:
    raise StorageTrouble("Vault at https://vault.example.com does not answer")


def test_an_id_is_made_once_and_kept_for_its_owner_only(places: Places) -> None:
    first = device_id(Settings(), places)
    again = device_id(Settings(), places)

    assert isinstance(first, Known)
    assert uuid.UUID(first.value).version == 4
    assert again == first
    assert stat.S_IMODE(kept(places).stat().st_mode) == 0o600
    assert stat.S_IMODE(places.data.stat().st_mode) == 0o700
    assert [file.name for file in places.data.iterdir()] == ["device-id"]


def test_processes_that_start_together_share_one_id(places: Places, pytestconfig: pytest.Config) -> None:
    program = (
        "import sys; from pathlib import Path; from daemon.fraud_headers.device import device_id\n"
        "from storage.places import Places; from storage.settings import Settings\n"
        "sys.stdin.readline(); print(device_id(Settings(), Places.under(Path(sys.argv[1]))).value)"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(places.config)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=pytestconfig.rootpath,
        )
        for _ in range(6)
    ]
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    ids = {process.communicate(timeout=60)[0].strip() for process in processes}

    assert ids == {kept(places).read_text().strip()}


@pytest.mark.parametrize("content", ["", "my-laptop\n", "\xe9"])
def test_a_damaged_id_is_not_replaced_behind_the_persons_back(places: Places, content: str) -> None:
    kept(places).parent.mkdir(parents=True)
    kept(places).write_bytes(content.encode("latin-1"))

    found = device_id(Settings(), places)

    assert isinstance(found, Unknown)
    assert found.mend == "delete the file to have a new id made"
    assert kept(places).read_bytes() == content.encode("latin-1")


def test_an_id_that_cannot_be_kept_is_not_sent(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file where the folder should be")

    found = device_id(Settings(), Places.under(tmp_path / "home"))

    assert isinstance(found, Unknown)
    assert found.mend


def test_vaults_id_is_taken_and_kept_for_when_vault_is_away(places: Places) -> None:
    assert device_id(WITH_VAULT, places, vault_with(f" {DEVICE_ID.upper()}\n")) == Known(DEVICE_ID)
    assert device_id(WITH_VAULT, places, vault_away) == Known(DEVICE_ID)


def test_vaults_id_wins_over_the_one_in_the_data_folder(places: Places) -> None:
    device_id(Settings(), places)

    assert device_id(WITH_VAULT, places, vault_with(OTHER_ID)) == Known(OTHER_ID)
    assert device_id(Settings(), places) == Known(OTHER_ID)


def test_vaults_id_needs_no_place_to_be_kept(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file where the folder should be")

    assert device_id(WITH_VAULT, Places.under(tmp_path / "home"), vault_with(DEVICE_ID)) == Known(DEVICE_ID)


@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_vault_without_an_id_leaves_it_to_the_data_folder(places: Places, value: str | None) -> None:
    found = device_id(WITH_VAULT, places, vault_with(value))

    assert isinstance(found, Known)
    assert kept(places).read_text().strip() == found.value


def test_a_vault_that_is_away_never_leads_to_a_second_id(places: Places) -> None:
    found = device_id(WITH_VAULT, places, vault_away)

    assert isinstance(found, Unknown)
    assert found.mend == "make Vault reachable"
    assert not kept(places).exists()


def test_something_else_than_a_uuid_in_vault_is_for_the_person_to_mend(places: Places) -> None:
    found = device_id(WITH_VAULT, places, vault_with("my-laptop"))

    assert isinstance(found, Unknown)
    assert "hmrc_device_id in Vault is not a UUID" in found.why
    assert "my-laptop" not in str(found)
