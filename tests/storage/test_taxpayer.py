"""One taxpayer to a ledger: told apart by a keyed hash, the UTR itself written nowhere."""

from pathlib import Path

import pytest

from storage.places import Places
from storage.secret import Secret
from storage.taxpayer import Owner, suffix
from storage.troubles import BadInput
from tests.makers import UTR, a_payslip
from tests.postgres import PostgresServer
from tests.storage.ledgers import a_ledger

OTHER = "1234567895"


def test_another_taxpayers_production_ledger_is_refused(tmp_path: Path) -> None:
    a_ledger(tmp_path)
    with pytest.raises(BadInput, match="another taxpayer") as trouble:
        a_ledger(tmp_path, utr=OTHER)
    assert OTHER not in str(trouble.value)
    assert a_ledger(tmp_path).payslips() == []


@pytest.mark.parametrize("spelt", ["22345 67890", "2234567890K", " 2234567890 "])
def test_a_utr_is_the_same_however_it_is_written(tmp_path: Path, spelt: str) -> None:
    a_ledger(tmp_path)
    a_ledger(tmp_path, utr=spelt)


def test_a_ledger_that_was_nobodys_becomes_the_first_taxpayers(tmp_path: Path) -> None:
    a_ledger(tmp_path, utr=None).add_payslips([a_payslip()], import_id="1", description="a.csv")
    assert len(a_ledger(tmp_path).payslips()) == 1
    with pytest.raises(BadInput):
        a_ledger(tmp_path, utr=OTHER)


def test_without_a_utr_the_ledger_can_still_be_read(tmp_path: Path) -> None:
    a_ledger(tmp_path).add_payslips([a_payslip()], import_id="1", description="a.csv")
    assert len(a_ledger(tmp_path, utr=None).payslips()) == 1


@pytest.mark.parametrize("environment", ["sandbox", "simulator"])
def test_another_test_person_gets_a_ledger_of_their_own(tmp_path: Path, environment: str) -> None:
    first = a_ledger(tmp_path, environment=environment)
    first.add_payslips([a_payslip()], import_id="1", description="a.csv")
    second = a_ledger(tmp_path, environment=environment, utr=OTHER)
    assert second.payslips() == []
    assert first.file.path == Places.under(tmp_path).ledger_file(environment)
    assert second.file.path != first.file.path
    assert a_ledger(tmp_path, environment=environment, utr=OTHER).file.path == second.file.path
    assert len(a_ledger(tmp_path, environment=environment).payslips()) == 1


def test_environments_have_a_ledger_each(tmp_path: Path) -> None:
    paths = {a_ledger(tmp_path, environment=name).file.path for name in ("simulator", "sandbox", "production")}
    assert len(paths) == 3


def test_the_utr_is_written_nowhere(tmp_path: Path, postgres: str, postgres_server: PostgresServer) -> None:
    ledger = a_ledger(tmp_path, postgres)
    ledger.exchange()
    ledger.close()
    for file in (path for path in tmp_path.rglob("*") if path.is_file()):
        assert UTR.encode() not in file.read_bytes(), file
    kept = postgres_server.query("SELECT value FROM hmrc_sync.ledger_state", dsn=postgres)
    assert all(UTR not in value for (value,) in kept)


def test_two_ledgers_hash_one_utr_differently() -> None:
    taxpayer = Secret(UTR)
    one, other = Owner.of(taxpayer), Owner.of(taxpayer)
    assert one != other
    assert one.is_of(taxpayer)
    assert not one.is_of(Secret(OTHER))
    assert suffix(taxpayer) != suffix(Secret(OTHER))


def test_a_second_machine_of_the_same_taxpayer_shares_the_schema(tmp_path: Path, postgres: str) -> None:
    one, other = a_ledger(tmp_path / "one", postgres), a_ledger(tmp_path / "other", postgres)
    one.add_payslips([a_payslip()], import_id="1", description="a.csv")
    assert (one.exchange().trouble, other.exchange().trouble) == (None, None)
    assert len(other.payslips()) == 1
    without_utr = a_ledger(tmp_path / "other", postgres, utr=None)
    assert without_utr.exchange().store == "postgres"
    for ledger in (one, other, without_utr):
        ledger.close()


def test_another_taxpayers_postgres_is_refused_and_nothing_passes(tmp_path: Path, postgres: str) -> None:
    one, other = a_ledger(tmp_path / "one", postgres), a_ledger(tmp_path / "other", postgres, utr=OTHER)
    one.add_payslips([a_payslip()], import_id="1", description="a.csv")
    one.exchange()
    status = other.exchange()
    assert status.store == "sqlite"
    assert "another taxpayer" in (status.trouble or "")
    assert other.payslips() == []
    one.close()
    other.close()


def test_a_machine_that_knows_no_utr_cannot_join_a_taxpayers_postgres_by_accident(
    tmp_path: Path, postgres: str
) -> None:
    one = a_ledger(tmp_path / "one", postgres)
    one.exchange()
    a_ledger(tmp_path / "other", utr=OTHER)
    other = a_ledger(tmp_path / "other", postgres, utr=None)
    status = other.exchange()
    assert (status.store, "there is no telling" in (status.trouble or "")) == ("sqlite", True)
    one.close()
    other.close()


def test_test_people_have_a_postgres_schema_each(
    tmp_path: Path, postgres: str, postgres_server: PostgresServer
) -> None:
    one = a_ledger(tmp_path / "one", postgres, environment="sandbox")
    other = a_ledger(tmp_path / "other", postgres, environment="sandbox", utr=OTHER)
    one.add_payslips([a_payslip()], import_id="1", description="a.csv")
    assert one.exchange().store == other.exchange().store == "postgres"
    assert other.exchange().store == "postgres"
    assert other.payslips() == []
    found = postgres_server.query(
        "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'hmrc%%' ORDER BY 1", dsn=postgres
    )
    assert found == [("hmrc_sync_sandbox",), (f"hmrc_sync_sandbox_{suffix(Secret(OTHER))}",)]
    one.close()
    other.close()


def test_environments_never_mix_in_one_schema(tmp_path: Path, postgres: str) -> None:
    one = a_ledger(tmp_path, postgres, schema="mine")
    other = a_ledger(tmp_path, postgres, schema="mine", environment="sandbox")
    assert one.exchange().store == "postgres"
    assert "is the ledger of production" in (other.exchange().trouble or "")
    one.close()
    other.close()
