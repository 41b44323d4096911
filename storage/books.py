"""The books: what is written into this machine's SQLite file and read from it. `storage.ledger` adds whose they are and Postgres."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from storage import events, outbox
from storage.clock import Clock
from storage.events import Added
from storage.records import (
    P60,
    Acceptance,
    Answer,
    Observation,
    PayeReference,
    Payment,
    Payslip,
    ReferenceLink,
    Snapshot,
    SyncRun,
    TaxYear,
    ValidatorVerdict,
)
from storage.rows import content_id, from_sqlite, moment_of, moment_text, record_of, row_of
from storage.sqlite import SqliteFile
from storage.tables import (
    ACCEPTANCE,
    ALERT_TOLD,
    ANSWER,
    FETCH_LOG,
    GRANT_DATES,
    IMPORT,
    LINK,
    P60_TABLE,
    PAYMENT,
    PAYSLIP,
    RUN,
    SNAPSHOT,
    VERDICT,
    Table,
)

Record = TypeVar("Record")
IMPORTED = (PAYSLIP, P60_TABLE, PAYMENT)
"""The tables that imports fill."""


@dataclass(frozen=True, slots=True)
class ImportRecord:
    """One import that brought something: what, when, how many of each, and whether it was undone."""

    id: str
    imported_at: datetime
    description: str
    payslips: int
    p60s: int
    payments: int
    undone: bool


class Books:
    """Everything known about one taxpayer. Any thread may call; every write is on the disk when it returns, and safe to repeat."""

    def __init__(self, file: SqliteFile, clock: Clock) -> None:
        self.file = file
        self.clock = clock

    # What HMRC said

    def add_observation(self, observation: Observation, answer: Answer | None) -> None:
        """Keeps one call to HMRC and, where it is not known yet, the answer it got."""
        with self.file.writing() as connection:
            if answer is not None:
                outbox.insert(connection, ANSWER, row_of(ANSWER, answer))
            outbox.insert(connection, FETCH_LOG, row_of(FETCH_LOG, observation))

    def add_snapshots(self, snapshots: Iterable[Snapshot]) -> int:
        """Keeps joined figures; returns how many were new. A snapshot is never dated before the one it follows."""
        added = 0
        with self.file.writing() as connection:
            for snapshot in snapshots:
                row = row_of(SNAPSHOT, snapshot)
                newest = connection.execute(
                    "SELECT max(snapshot_date) FROM tax_year_snapshot WHERE tax_year = ? AND employer_paye_ref = ?",
                    (snapshot.tax_year.database, snapshot.employer_paye_ref),
                ).fetchone()[0]
                if newest is not None and moment_of(newest) >= snapshot.snapshot_date:
                    row["snapshot_date"] = moment_of(newest) + timedelta(microseconds=1)
                added += outbox.insert(connection, SNAPSHOT, row)
        return added

    def observations(self, tax_year: TaxYear | None = None) -> list[Observation]:
        """Every call to HMRC, of one tax year or all, oldest first."""
        return self._of_year(Observation, FETCH_LOG, tax_year, "asked_at")

    def latest_observations(self) -> list[Observation]:
        """The latest call of each tax year, API and outcome, oldest first: all that tells how the years stand, however long the log is."""
        columns = ", ".join(FETCH_LOG.names)
        with self.file.reading() as connection:
            found = connection.execute(
                f"SELECT {columns} FROM (SELECT {columns}, rowid AS position, row_number() OVER "  # noqa: S608 - names of ours
                "(PARTITION BY tax_year, api, outcome ORDER BY asked_at DESC, rowid DESC) AS age FROM fetch_log) "
                "WHERE age = 1 ORDER BY asked_at, position"
            )
            return [record_of(Observation, FETCH_LOG, from_sqlite(FETCH_LOG, values)) for values in found]

    def snapshots(self, tax_year: TaxYear | None = None) -> list[Snapshot]:
        """HMRC's joined figures as they came and changed, of one tax year or all, oldest first."""
        return self._of_year(Snapshot, SNAPSHOT, tax_year, "snapshot_date")

    def answers(self, hashes: Iterable[str]) -> dict[str, str]:
        """The bodies of the answers with these hashes; one that is not known is left out."""
        with self.file.reading() as connection:
            found = connection.execute(
                "SELECT id, body FROM answer WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(list(hashes)),)
            )
            return dict(found.fetchall())

    # What the person has

    def add_payslips(self, slips: Iterable[Payslip], *, import_id: str, description: str) -> Added:
        """Keeps payslips, all or none. One that is known by its id is not added again; one that was removed comes back."""
        return self._import(PAYSLIP, slips, import_id, description)

    def add_p60s(self, p60s: Iterable[P60], *, import_id: str, description: str) -> Added:
        """Keeps P60s, all or none."""
        return self._import(P60_TABLE, p60s, import_id, description)

    def add_payments(self, payments: Iterable[Payment], *, import_id: str, description: str) -> Added:
        """Keeps lines of HMRC's payment table, all or none."""
        return self._import(PAYMENT, payments, import_id, description)

    def replace_mirror(self, source: str, slips: Iterable[Payslip]) -> Added:
        """Makes the payslips of `source` those of its latest reading: new and changed ones are added, those gone there retired.

        A slip that the person removed stays removed until it changes at the source.
        """
        return self._mirror(PAYSLIP, source, slips)

    def replace_p60_mirror(self, source: str, p60s: Iterable[P60]) -> Added:
        """The same for the P60s of `source`."""
        return self._mirror(P60_TABLE, source, p60s)

    def first_pay_date(self) -> date | None:
        """The earliest pay date of any payslip."""
        return min((slip.pay_date for slip in self.payslips()), default=None)

    def payslips(self) -> list[Payslip]:
        """The payslips that were not removed, by pay date."""
        return sorted(self._in_force(Payslip, PAYSLIP), key=lambda slip: (slip.pay_date, slip.employer, slip.id))

    def p60s(self) -> list[P60]:
        """The P60s that were not removed, by tax year."""
        return sorted(self._in_force(P60, P60_TABLE), key=lambda p60: (p60.tax_year, p60.employer, p60.id))

    def payments(self) -> list[Payment]:
        """The lines of HMRC's payment table, by date."""
        return sorted(self._in_force(Payment, PAYMENT), key=lambda payment: (payment.pay_date, payment.id))

    def remove_payslip(self, payslip_id: str) -> bool:
        """Takes a payslip out; False where there is none of that id."""
        return self._end(PAYSLIP, payslip_id=payslip_id)

    def remove_p60(self, p60_id: str) -> bool:
        """Takes a P60 out; False where there is none of that id."""
        return self._end(P60_TABLE, p60_id=p60_id)

    def remove_payment(self, payment_id: str) -> bool:
        """Takes a line of HMRC's payment table out; False where there is none of that id."""
        return self._end(PAYMENT, payment_id=payment_id)

    def undo_import(self, import_id: str) -> int:
        """Takes back all that an import brought; returns how many payslips, P60s and payments that were."""
        with self.file.writing() as connection:
            before = {row["import_id"] for row in events.latest(connection, IMPORT) if row["undone"]}
            undone = events.undo(connection, IMPORTED, import_id, self.clock.now(), undone_before=before)
            events.end(connection, IMPORT, self.clock.now(), import_id=import_id)
        return undone

    def imports(self) -> list[ImportRecord]:
        """Every import that brought something, newest first."""
        with self.file.reading() as connection:
            counts = {
                table.name: dict(
                    connection.execute(
                        f"SELECT import_id, count(DISTINCT {table.subject[0]}) FROM {table.name} GROUP BY import_id"  # noqa: S608 - names of ours
                    ).fetchall()
                )
                for table in IMPORTED
            }
            rows = events.latest(connection, IMPORT)
        made = [
            ImportRecord(
                row["import_id"],
                row["imported_at"],
                row["description"],
                *(counts[table.name].get(row["import_id"], 0) for table in IMPORTED),
                undone=row["undone"],
            )
            for row in rows
        ]
        return sorted(made, key=lambda record: (record.imported_at, record.id), reverse=True)

    # What the person decided

    def accept(self, acceptance: Acceptance) -> None:
        """Keeps the person's word about two differences; a later one about the same row takes its place."""
        with self.file.writing() as connection:
            events.record(connection, ACCEPTANCE, row_of(ACCEPTANCE, acceptance, withdrawn=False), self.clock.now())

    def withdraw_acceptance(self, tax_year: TaxYear, employer: str) -> bool:
        """Takes that word back; False where there is none."""
        return self._end(ACCEPTANCE, tax_year=tax_year, employer=employer)

    def acceptances(self) -> list[Acceptance]:
        """The acceptances in force."""
        return self._in_force(Acceptance, ACCEPTANCE)

    def link(self, link: ReferenceLink) -> None:
        """Keeps that one reference became another; a later link of the same old reference takes its place."""
        with self.file.writing() as connection:
            events.record(connection, LINK, row_of(LINK, link, withdrawn=False), self.clock.now())

    def unlink(self, old: PayeReference, new: PayeReference) -> bool:
        """Takes a link back; False where there is none between these two."""
        return self._end(LINK, old_reference=old, new_reference=new)

    def links(self) -> list[ReferenceLink]:
        """The links in force."""
        return self._in_force(ReferenceLink, LINK)

    # What the program did

    def add_run(self, run: SyncRun) -> None:
        """Keeps a run's start, and later its end, as two rows of one run."""
        with self.file.writing() as connection:
            events.record(connection, RUN, row_of(RUN, run), self.clock.now())

    def runs(self, limit: int = 100) -> list[SyncRun]:
        """The latest runs, newest first."""
        found = sorted(self._in_force(SyncRun, RUN), key=lambda run: (run.started_at, run.id), reverse=True)
        return found[:limit]

    def keep_verdict(self, verdict: ValidatorVerdict) -> None:
        """Keeps what HMRC's header validator said."""
        with self.file.writing() as connection:
            events.record(connection, VERDICT, row_of(VERDICT, verdict), self.clock.now())

    def verdict(self, connection_method: str) -> ValidatorVerdict | None:
        """What HMRC's header validator last said about a connection method."""
        with self.file.reading() as connection:
            rows = events.latest(connection, VERDICT, connection_method=connection_method)
        return record_of(ValidatorVerdict, VERDICT, rows[0]) if rows else None

    def keep_grant_dates(self, granted_at: datetime, grant_expires_at: datetime) -> None:
        """Keeps until when the sign-in holds, for the dashboard. No token is ever given to the ledger."""
        made = content_id("grant", moment_text(granted_at), moment_text(grant_expires_at))
        row = {"id": made, "granted_at": granted_at, "grant_expires_at": grant_expires_at}
        with self.file.writing(noticed=False) as connection:
            moment = events.next_moment(connection, GRANT_DATES, self.clock.now())
            outbox.insert(connection, GRANT_DATES, {**row, "recorded_at": moment})

    def alerts_told(self, audience: str) -> dict[str, str]:
        """The state that an audience was last told of each subject that is not over."""
        with self.file.reading() as connection:
            return {row["subject"]: row["state"] for row in events.in_force(connection, ALERT_TOLD, audience=audience)}

    def keep_alert_told(self, audience: str, subject: str, state: str | None) -> None:
        """Keeps the state that an audience was told of a subject; None where that is over."""
        now = self.clock.now()
        with self.file.writing(noticed=False) as connection:
            if state is None:
                events.end(connection, ALERT_TOLD, now, audience=audience, subject=subject)
            else:
                row = {"audience": audience, "subject": subject, "state": state, "ended": False}
                events.record(connection, ALERT_TOLD, row, now)

    def note(self, key: str) -> str | None:
        """A small setting of this machine, never shared."""
        with self.file.reading() as connection:
            row = connection.execute("SELECT value FROM note WHERE name = ?", (key,)).fetchone()
        return row[0] if row else None

    def keep_note(self, key: str, value: str) -> None:
        """Keeps a small setting of this machine."""
        with self.file.writing(noticed=False) as connection:
            connection.execute(
                "INSERT INTO note VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", (key, value)
            )

    def version(self) -> int:
        """A number that rises whenever rows were added, by whichever process."""
        with self.file.reading() as connection:
            return int(outbox.state(connection, "version") or 0)

    def _import(self, table: Table, records: Iterable[object], import_id: str, description: str) -> Added:
        now = self.clock.now()
        with self.file.writing() as connection:
            added = events.add_imported(connection, table, records, import_id, now)
            if added.new or added.changed:
                row = {"import_id": import_id, "undone": False, "imported_at": now, "description": description}
                if not events.in_force(connection, IMPORT, import_id=import_id):
                    events.record(connection, IMPORT, row, now)
        return added

    def _mirror(self, table: Table, source: str, records: Iterable[Payslip] | Iterable[P60]) -> Added:
        mirrored = list(records)
        present = {record.id for record in mirrored}
        subject = table.subject[0]
        with self.file.writing() as connection:
            for row in events.in_force(connection, table):
                if row["source"] == source and row[subject] not in present:
                    gone = {subject: row[subject]}
                    events.end(connection, table, self.clock.now(), because=events.GONE_AT_SOURCE, **gone)
            return events.add_imported(connection, table, mirrored, None, self.clock.now(), revive=False)

    def _end(self, table: Table, **values: Any) -> bool:
        with self.file.writing() as connection:
            return events.end(connection, table, self.clock.now(), **values)

    def _in_force(self, kind: type[Record], table: Table) -> list[Record]:
        with self.file.reading() as connection:
            return [record_of(kind, table, row) for row in events.in_force(connection, table)]

    def _of_year(self, kind: type[Record], table: Table, tax_year: TaxYear | None, order: str) -> list[Record]:
        chosen: Sequence[str] = () if tax_year is None else (tax_year.database,)
        where = "WHERE tax_year = ?" if chosen else ""
        with self.file.reading() as connection:
            found = connection.execute(
                f"SELECT {', '.join(table.names)} FROM {table.name} {where} ORDER BY {order}, rowid",  # noqa: S608 - names of ours
                chosen,
            )
            return [record_of(kind, table, from_sqlite(table, values)) for values in found]
