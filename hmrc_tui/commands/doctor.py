"""`hmrc-tui doctor`: everything examined, a line each, with the mend for what is wrong."""

import dataclasses
import json

import click

from hmrc_tui.session import Session

MARKS = {"ok": "ok     ", "warning": "warning", "problem": "PROBLEM", "unused": "-      "}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_obj
def doctor(session: Session, as_json: bool) -> int:
    """Check everything, and say how to put right what is wrong. Exits with 2 where something is a problem."""
    from daemon.doctor import Finding, Patient, examine
    from daemon.examinations import EXAMINATIONS

    patient = Patient(session.configuration, session.places, session.clock, session.ledger)
    findings: list[Finding] = []
    for finding in examine(patient, EXAMINATIONS):
        findings.append(finding)
        if not as_json:
            mend = f" → {finding.mend}" if finding.mend and finding.state != "ok" else ""
            click.echo(f"{MARKS[finding.state]}  {finding.name}: {finding.text}{mend}")
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(finding) for finding in findings], ensure_ascii=False, indent=2))
    return 2 if any(finding.state == "problem" for finding in findings) else 0
