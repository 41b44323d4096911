"""HMRC's Test Fraud Prevention Headers API 1.0: `/validate` answers with the verdict of our own checker, in HMRC's JSON."""

from collections.abc import Sequence
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from daemon.simulator.gateway import CHALLENGE, Call, error, guarded
from daemon.simulator.model import Model

CONTEXT = "txm-fph-validator-api"
SPECIFICATION = "3.3"


def routes(model: Model) -> list[Route]:
    """`GET /test/fraud-prevention-headers/validate`, for an application's token."""
    endpoint = guarded(model, CONTEXT, ("1.0",), "application", _validate)
    return [Route("/test/fraud-prevention-headers/validate", endpoint, methods=["GET"])]


def _validate(request: Request, call: Call) -> Response:
    """Always 200 with a verdict; `errors` and `warnings` only where there are any."""
    from daemon.fraud_headers.check import check

    if call.model.unknowns.validator_refuses_token:
        return error(
            call.model,
            request,
            401,
            "INVALID_CREDENTIALS",
            "Invalid Authentication information provided",
            CHALLENGE,
        )
    sent = {name: value for name, value in request.headers.items() if name.startswith("gov-")}
    verdict = check(sent)
    answer: dict[str, Any] = {"specVersion": SPECIFICATION, "code": verdict.code, "message": verdict.message}
    answer |= {"errors": _items(verdict.errors)} if verdict.errors else {}
    answer |= {"warnings": _items(verdict.warnings)} if verdict.warnings else {}
    return Response(msgspec.json.encode(answer), media_type="application/json")


def _items(findings: Sequence[Any]) -> list[dict[str, Any]]:
    return [
        {"code": each.code, "message": each.message, "headers": [name.lower() for name in each.headers]}
        for each in findings
    ]
