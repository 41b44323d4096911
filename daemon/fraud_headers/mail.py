"""The mail that HMRC asks for where headers cannot be collected: to its Software Developer Support Team, with full detail.

Source: https://developer.service.hmrc.gov.uk/guides/fraud-prevention/getting-it-right/ (Missing header data).
"""

from collections.abc import Sequence

from daemon.fraud_headers.build import PRODUCT, Built
from daemon.fraud_headers.specification import VERSION as SPECIFICATION
from storage import __version__

ADDRESS = "SDSTeam@hmrc.gov.uk"
SUBJECT = f"Fraud prevention headers that {PRODUCT} cannot collect"

_HOW = {
    "DESKTOP_APP_DIRECT": "a person uses the program in a terminal on their own computer, which connects to HMRC itself",
    "BATCH_PROCESS_DIRECT": "once a day the program fetches on its own, with nobody acting",
}


def mail_text(built: Sequence[Built]) -> str:
    """The whole mail, address and subject first, for each connection method in `built`; what the person must add is in brackets.

    It holds no value of any header and nothing that identifies the person.
    """
    lines = [
        f"To: {ADDRESS}",
        f"Subject: {SUBJECT}",
        "",
        "Hello,",
        "",
        "my application at the Developer Hub is [name and application ID].",
        f"The software is {PRODUCT} {__version__}, which shows a taxpayer's PAYE record in a terminal. Its headers follow",
        f"version {SPECIFICATION} of the specification. These headers cannot be collected, and I leave them out:",
        "",
    ]
    for one in built:
        lines.append(f"{one.method} ({_HOW[one.method]}):")
        lines += [f"- {name}: {reason}." for name, reason in one.uncollectable.items() if name not in one.mendable]
        lines += [f"- {name}, in part: {note}." for name, note in one.notes.items()]
        lines.append("")
    lines += [
        "Please tell me whether this is acceptable, or what I should send instead.",
        "",
        "Kind regards,",
        "[your name]",
    ]
    return "\n".join(lines) + "\n"
