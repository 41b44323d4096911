"""The Individual PAYE APIs as HMRC documents them: UTR, tax year, ownership, data, in that order, and the answer to the byte."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from daemon.simulator import figures
from daemon.simulator.gateway import Call, Handler, error, guarded
from daemon.simulator.identifiers import is_tax_year, is_utr
from daemon.simulator.model import Model

VERSIONS = {
    "individual-tax": ("1.1",),
    "individual-income": ("1.2",),
    "individual-employment": ("1.2",),
    "individual-benefits": ("1.1", "2.0", "2.1"),
    "national-insurance": ("1.1",),
}
SCOPES = {api: f"read:{api}" for api in VERSIONS}
NO_DATA = (404, "NOT_FOUND", "Resource was not found")


def routes(model: Model) -> list[Route]:
    """The five yearly summaries, child benefit (from version 2.0) and winter fuel (from 2.1)."""
    made = [
        _route(model, api, f"/{api}/sa/{{utr}}/annual-summary/{{tax_year}}", versions, summary(api))
        for api, versions in VERSIONS.items()
    ]
    made += [
        # An empty UTR in the path is 404 NOT_FOUND, HMRC's tests say, not 400.
        _route(model, api, f"/{api}/sa//annual-summary/{{tax_year}}", versions, no_data)
        for api, versions in VERSIONS.items()
    ]
    for kept, versions in ((figures.CHILD_BENEFIT, ("2.0", "2.1")), (figures.WINTER_FUEL, ("2.1",))):
        path = f"/individual-benefits/sa/{{utr}}/{kept}/annual-summary/{{tax_year}}"
        made.append(_route(model, "individual-benefits", path, versions, summary(kept)))
    return made


def _route(model: Model, api: str, path: str, versions: tuple[str, ...], handler: Handler) -> Route:
    return Route(path, guarded(model, api, versions, "user", handler, SCOPES[api]), methods=["GET"])


def no_data(request: Request, call: Call) -> Response:
    """404 with `NOT_FOUND`."""
    return error(call.model, request, *NO_DATA)


def summary(kept_as: str) -> Handler:
    """The handler of one yearly document. Whether the read APIs check the UTR's check digit is unknown; test support does."""

    def handler(request: Request, call: Call) -> Response:
        model = call.model
        utr, tax_year = request.path_params["utr"], request.path_params["tax_year"]
        if not is_utr(utr):
            return error(model, request, 400, "SA_UTR_INVALID", "The provided SA UTR is invalid")
        if not is_tax_year(tax_year):
            return error(model, request, 400, "TAX_YEAR_INVALID", "The provided Tax Year is invalid")
        if call.person is None or call.person.utr != utr:
            if model.unknowns.wrong_utr_is_forbidden:
                # The reference guide names the code for a wrong tax identifier, and no text.
                return error(model, request, 403, "FORBIDDEN", "Access denied")
            return error(model, request, 401, "UNAUTHORIZED", "Bearer token is missing or not authorized")
        document = model.figures.at(model.clock.now(), kept_as, utr, tax_year)
        if document is None:
            return no_data(request, call)
        return Response(document.body, document.status, {"content-type": document.content_type})

    return handler
