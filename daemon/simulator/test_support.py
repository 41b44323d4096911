"""HMRC's sandbox helpers: test support for the PAYE and National Insurance APIs, Create Test User, Hello World, and their own quirks."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from daemon.simulator import figures, happy_paths
from daemon.simulator.figures import Document
from daemon.simulator.gateway import Call, Handler, error, guarded
from daemon.simulator.identifiers import is_nino, is_tax_year, is_utr
from daemon.simulator.model import Model

PAYE_CONTEXT = "individual-paye-test-support"
NI_CONTEXT = "national-insurance-test-support"
SEGMENTS = {
    "tax": "individual-tax",
    "income": "individual-income",
    "employments": "individual-employment",
    "benefits": "individual-benefits",
}
SERVICES = {
    "national-insurance": "National Insurance",
    "self-assessment": "Self Assessment",
    "mtd-income-tax": "MTD Income Tax",
    "mtd-vat": "MTD VAT",
    "customs-services": "Customs Services",
    "goods-vehicle-movements": "Goods Vehicle Movements",
    "import-control-system": "Import Control System",
    "common-transit-convention-traders": "Common Transit Convention Traders",
}


class _Unreadable(Exception):
    """The body is not what the service expects; `answer` is its refusal."""

    def __init__(self, answer: Response) -> None:
        self.answer = answer


def routes(model: Model) -> list[Route]:
    """Every helper, behind the gateway."""
    paye = f"/{PAYE_CONTEXT}/sa/{{utr}}"
    known = ("1.0", "2.0", "2.1")
    made = [
        _post(model, PAYE_CONTEXT, f"{paye}/{segment}/annual-summary/{{tax_year}}", known, _paye_summary(api))
        for segment, api in SEGMENTS.items()
    ]
    made += [
        _post(
            model,
            PAYE_CONTEXT,
            f"{paye}/{figures.CHILD_BENEFIT}/annual-summary/{{tax_year}}",
            known,
            _benefit(figures.CHILD_BENEFIT, "2.0", happy_paths.CHILD_BENEFIT),
        ),
        _post(
            model,
            PAYE_CONTEXT,
            f"/{PAYE_CONTEXT}/{{nino}}/{figures.WINTER_FUEL}/annual-summary/{{tax_year}}",
            known,
            _benefit(figures.WINTER_FUEL, "2.1", happy_paths.WINTER_FUEL),
        ),
        _post(model, NI_CONTEXT, f"/{NI_CONTEXT}/sa/{{utr}}/annual-summary/{{tax_year}}", ("1.0", "1.1"), _insurance),
        _post(model, "create-test-user", "/create-test-user/individuals", ("1.0",), _create_individual),
        _get(model, "create-test-user", "/create-test-user/services", "application", _services),
        _get(model, "hello", "/hello/world", "open", _hello("World")),
        _get(model, "hello", "/hello/application", "application", _hello("Application")),
    ]
    user = guarded(model, "hello", ("1.0",), "user", _hello("User"), "hello")
    return [*made, Route("/hello/user", user, methods=["GET"])]


def _post(model: Model, context: str, path: str, versions: tuple[str, ...], handler: Handler) -> Route:
    return Route(path, guarded(model, context, versions, "application", handler), methods=["POST"])


def _get(model: Model, context: str, path: str, access: Any, handler: Handler) -> Route:
    return Route(path, guarded(model, context, ("1.0",), access, handler), methods=["GET"])


def _json(text: str, status: int = 200) -> Response:
    return Response(text, status, media_type="application/json")


def _bad_request() -> Response:
    """The default refusal of HMRC's services for a path or a body that they cannot read."""
    return _json('{"statusCode":400,"message":"bad request, cause: REDACTED"}', 400)


def _content(request: Request) -> dict[str, Any]:
    """The body's JSON object. 415 without a JSON content type (HMRC's gateway tests), 400 where it is not an object."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in {"application/json", "text/json"}:
        raise _Unreadable(_json('{"statusCode":415,"message":"Expecting text/json or application/json body"}', 415))
    try:
        return msgspec.json.decode(request.state.body or b"", type=dict[str, Any])
    except msgspec.MsgspecError:
        raise _Unreadable(_bad_request()) from None


def _paye_summary(api: str) -> Handler:
    """POST of a scenario: 1.0 and 2.0 only, whatever the page says (code of July 2026); 201 with the stored document."""

    def handler(request: Request, call: Call) -> Response:
        utr, tax_year = request.path_params["utr"], request.path_params["tax_year"]
        if call.version == "2.1" and not call.model.unknowns.test_support_takes_2_1:
            return error(call.model, request, 406, "ACCEPT_HEADER_INVALID", "The accept header is missing or invalid")
        if not is_utr(utr) or not is_tax_year(tax_year):
            return _bad_request()
        try:
            scenario = _content(request).get("scenario", "HAPPY_PATH_1")
        except _Unreadable as unreadable:
            return unreadable.answer
        body = happy_paths.SCENARIOS[api].get(scenario)
        if body is None:
            return error(call.model, request, 400, "UNKNOWN_SCENARIO", "Unknown test scenario")
        call.model.figures.keep(api, utr, tax_year, Document(body))
        return _json(body, 201)

    return handler


def _benefit(kept_as: str, version: str, happy_path: str) -> Handler:
    """Child benefit and winter fuel: one happy path, the others 404, `UNHAPPY_PATH_<n>` that status."""

    def handler(request: Request, call: Call) -> Response:
        switched_on = call.version == "2.1" and call.model.unknowns.test_support_takes_2_1
        if call.version != version and not switched_on:
            return error(call.model, request, 406, "ACCEPT_HEADER_INVALID", "The accept header is missing or invalid")
        utr, nino = request.path_params.get("utr"), request.path_params.get("nino")
        tax_year = request.path_params["tax_year"]
        if not (is_utr(utr) if utr is not None else is_nino(nino or "")) or not is_tax_year(tax_year):
            return _bad_request()
        try:
            scenario = str(_content(request).get("scenario", "HAPPY_PATH_1"))
        except _Unreadable as unreadable:
            return unreadable.answer
        person = call.model.person_by(utr=utr, nino=nino)
        key = utr or (person.utr if person else None) or ""
        status = _benefit_status(kept_as, scenario)
        if status is None:
            return error(call.model, request, 400, "UNKNOWN_SCENARIO", "Unknown test scenario")
        if status == 200:
            call.model.figures.keep(kept_as, key, tax_year, Document(happy_path))
            return _json(f'{{"expectedStatus":200,"expectedJson":{happy_path}}}', 201)
        if status == 404:
            call.model.figures.withdraw(kept_as, key, tax_year)
        else:
            call.model.figures.keep(kept_as, key, tax_year, Document("", status))
        return _json(f'{{"expectedStatus":{status}}}', 201)

    return handler


def _benefit_status(kept_as: str, scenario: str) -> int | None:
    """The status that a scenario stores; None where there is no such scenario."""
    if scenario == "HAPPY_PATH_1":
        return 200
    if scenario == "HAPPY_PATH_2" or (scenario == "HAPPY_PATH_3" and kept_as == figures.CHILD_BENEFIT):
        return 404
    number = scenario.removeprefix("UNHAPPY_PATH_")
    is_status = number != scenario and number.isascii() and number.isdigit() and 400 <= int(number) <= 599
    return int(number) if is_status and kept_as == figures.CHILD_BENEFIT else None


def _insurance(request: Request, call: Call) -> Response:
    """National Insurance Test Support, whose errors have a shape of their own."""
    utr, tax_year = request.path_params["utr"], request.path_params["tax_year"]
    if not is_utr(utr):
        return _json('{"statusCode":400,"message":"ERROR_SA_UTR_INVALID"}', 400)
    if not is_tax_year(tax_year):
        return _json('{"statusCode":400,"message":"ERROR_TAX_YEAR_INVALID"}', 400)
    try:
        scenario = _content(request).get("scenario", "HAPPY_PATH_1")
    except _Unreadable as unreadable:
        status = unreadable.answer.status_code
        return unreadable.answer if status == 415 else _json('{"statusCode":400,"message":"ERROR_BAD_REQUEST"}', 400)
    body = happy_paths.NATIONAL_INSURANCE.get(scenario)
    if body is None:
        return error(call.model, request, 400, "UNKNOWN_SCENARIO", "Unknown test scenario")
    call.model.figures.keep("national-insurance", utr, tax_year, Document(body))
    return _json(body, 201)


def _create_individual(request: Request, call: Call) -> Response:
    """Create Test User 1.0 for individuals: members tied to services appear only where the service was asked for."""
    try:
        content = _content(request)
    except _Unreadable as unreadable:
        return unreadable.answer
    try:
        services = msgspec.convert(content.get("serviceNames", []), list[str])
    except msgspec.ValidationError:
        return _bad_request()
    if not SERVICES.keys() >= set(services):
        return _bad_request()
    nino = content.get("nino")
    if nino is not None and not (isinstance(nino, str) and is_nino(nino)):
        return _bad_request()
    if nino is not None and call.model.person_by(nino=nino) is not None:
        return error(call.model, request, 400, "NINO_ALREADY_USED", "The nino specified has already been used")
    person = call.model.create_person(services, nino)
    first, _, last = person.full_name.partition(" ")
    made: dict[str, Any] = {
        "userId": person.user_id,
        "password": person.password,
        "userFullName": person.full_name,
        "emailAddress": f"{first}.{last}@example.com".lower(),
        "individualDetails": {
            "firstName": first,
            "lastName": last,
            "dateOfBirth": "1960-06-01",
            "address": {"line1": "45 Springfield Rise", "line2": "Glasgow", "postcode": "TS1 1PA"},
        },
        "groupIdentifier": person.group_identifier,
    }
    made |= {"saUtr": person.utr} if person.utr else {}
    made |= {"nino": person.nino} if person.nino else {}
    return _json(msgspec.json.encode(made).decode(), 201)


def _services(_: Request, __: Call) -> Response:
    listing = [{"key": key, "name": name, "allowedUserTypes": ["INDIVIDUAL"]} for key, name in SERVICES.items()]
    return _json(msgspec.json.encode(listing).decode())


def _hello(whom: str) -> Handler:
    def handler(_: Request, __: Call) -> Response:
        return _json(f'{{"message":"Hello {whom}"}}')

    return handler
