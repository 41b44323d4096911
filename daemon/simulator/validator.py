"""HMRC's Test Fraud Prevention Headers API 1.0: `/validate` answers with the verdict of our own checker, in HMRC's JSON."""

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
    verdict = check(request.headers.items())
    return Response(msgspec.json.encode(verdict.as_answer(SPECIFICATION)), media_type="application/json")
