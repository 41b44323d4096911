"""The control address `/simulator/…`: what the simulated HMRC has, when it is, what goes wrong, and what really happened. JSON."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from daemon.simulator import figures
from daemon.simulator.faults import Fault
from daemon.simulator.figures import Document, WholeYear
from daemon.simulator.gateway import inline
from daemon.simulator.model import Model
from daemon.simulator.recording import fingerprint
from daemon.simulator.registered import CONTEXTS, Application, Person
from daemon.simulator.throttle import Throttle
from daemon.simulator.unknowns import Unknowns

PREFIX = "/simulator"
T = TypeVar("T")
_Action = Callable[[Model, Request], object]


class NewApplication(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """An application to register, or to replace by its client id."""

    client_id: str
    client_secrets: list[str]
    redirect_uris: list[str]
    name: str = "hmrc-tui"
    subscriptions: tuple[str, ...] = CONTEXTS
    blocked: bool = False


class NewPerson(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A person to add, or to replace by their user id."""

    user_id: str
    password: str
    full_name: str = "Ida Newton"
    utr: str | None = None
    nino: str | None = None


class ClockSetting(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The clock: `now` None follows the machine's clock again."""

    now: datetime | None = None
    stopped: bool = False


class Advance(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """How far to move the clock; negative goes back."""

    days: float = 0
    hours: float = 0
    seconds: float = 0


class Quota(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The throttle; `requests` None is none at all."""

    requests: int | None = 3
    seconds: float = 1.0


class Whose(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Whose grants; left out, everybody's."""

    client_id: str | None = None
    user_id: str | None = None


class Which(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Which kinds of token."""

    access: bool = True
    refresh: bool = False


class Shown(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A token to look at."""

    token: str


def routes(model: Model) -> list[Route]:
    """Every control request. A fault of the request is 400 with `{"trouble": text}`."""

    def route(path: str, **actions: _Action) -> list[Route]:
        return [
            Route(PREFIX + path, inline(_answering(model, action)), methods=[method])
            for method, action in actions.items()
        ]

    document = "/figures/{api}/{utr}/{tax_year}"
    return [
        *route("", GET=_overview),
        *route("/clock", GET=_clock, PUT=_set_clock),
        *route("/clock/advance", POST=_advance),
        *route("/applications", GET=_applications, POST=_register),
        *route("/people", GET=_people, POST=_add_person),
        *route("/figures", GET=_figures),
        *route(document, PUT=_keep_document, DELETE=_withdraw_document),
        *route("/years/{utr}/{tax_year}", PUT=_keep_year, DELETE=_withdraw_year),
        *route("/faults", GET=_faults, POST=_order_fault, DELETE=_clear_faults),
        *route("/throttle", PUT=_set_throttle),
        *route("/unknowns", GET=_unknowns, PATCH=_switch_unknowns),
        *route("/grants/revoke", POST=_revoke),
        *route("/tokens/expire", POST=_expire),
        *route("/tokens/inspect", POST=_inspect),
        *route("/requests", GET=_requests, DELETE=_forget_requests),
        *route("/truth", GET=_truth),
    ]


def _answering(model: Model, action: _Action) -> Callable[[Request], Response]:
    def endpoint(request: Request) -> Response:
        try:
            with model.lock:
                answer = action(model, request)
        except (msgspec.MsgspecError, ValueError, OverflowError) as fault:
            return _json({"trouble": str(fault)}, 400)
        return _json(answer)

    return endpoint


def _json(content: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(content), status, media_type="application/json")


def _read(request: Request, kind: type[T]) -> T:
    return msgspec.json.decode(request.state.body or b"{}", type=kind)


def _since(request: Request) -> datetime | None:
    """`?from=` as an aware moment; None where it is left out."""
    text = request.query_params.get("from")
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"from={text} needs a time zone, as in 2025-06-06T00:00:00Z")
    return moment


def _overview(model: Model, _: Request) -> object:
    return {
        **_clock_shown(model),
        "applications": _applications(model, _),
        "people": _people(model, _),
        "apis": figures.APIS,
        "faults": model.faults.listing(),
        "throttle": {"requests": model.throttle.requests, "seconds": model.throttle.seconds}
        if model.throttle
        else None,
        "unknowns": model.unknowns,
    }


def _clock_shown(model: Model) -> dict[str, Any]:
    return {"now": model.clock.now(), "stopped": model.clock.stopped}


def _clock(model: Model, _: Request) -> object:
    return _clock_shown(model)


def _set_clock(model: Model, request: Request) -> object:
    setting = _read(request, ClockSetting)
    if setting.now is None:
        model.clock.follow()
    elif setting.now.tzinfo is None:
        raise ValueError("now needs a time zone, as in 2025-06-06T00:00:00Z")
    else:
        model.clock.set(setting.now, stopped=setting.stopped)
    return _clock_shown(model)


def _advance(model: Model, request: Request) -> object:
    by = _read(request, Advance)
    model.clock.advance(timedelta(days=by.days, hours=by.hours, seconds=by.seconds))
    return _clock_shown(model)


def _applications(model: Model, _: Request) -> list[Mapping[str, object]]:
    return [
        {
            "client_id": each.client_id,
            "client_secrets": each.secrets,
            "name": each.name,
            "redirect_uris": each.redirect_uris,
            "subscriptions": sorted(each.subscriptions),
            "blocked": each.blocked,
        }
        for each in model.applications.values()
    ]


def _register(model: Model, request: Request) -> object:
    new = _read(request, NewApplication)
    unknown = [name for name in new.subscriptions if name not in CONTEXTS]
    if unknown:
        raise ValueError(f"unknown API {unknown[0]}; known are {', '.join(CONTEXTS)}")
    model.register(
        Application(new.client_id, new.client_secrets, new.redirect_uris, new.name, set(new.subscriptions), new.blocked)
    )
    return _applications(model, request)


def _people(model: Model, _: Request) -> list[Mapping[str, object]]:
    return [
        {
            "user_id": each.user_id,
            "password": each.password,
            "full_name": each.full_name,
            "utr": each.utr,
            "nino": each.nino,
        }
        for each in model.people.values()
    ]


def _add_person(model: Model, request: Request) -> object:
    new = _read(request, NewPerson)
    model.add_person(
        Person(user_id=new.user_id, password=new.password, full_name=new.full_name, utr=new.utr, nino=new.nino)
    )
    return _people(model, request)


def _figures(model: Model, _: Request) -> object:
    return model.figures.listing(model.clock.now())


def _document_of(request: Request) -> tuple[str, str, str]:
    api = request.path_params["api"]
    if api not in figures.APIS:
        raise ValueError(f"unknown API {api}; known are {', '.join(figures.APIS)}")
    return api, request.path_params["utr"], request.path_params["tax_year"]


def _keep_document(model: Model, request: Request) -> object:
    """The body is the answer to the byte, with its content type; `?status=` and `?from=`."""
    document = Document(
        request.state.body.decode(),
        int(request.query_params.get("status", "200")),
        request.headers.get("content-type", "application/json"),
    )
    model.figures.keep(*_document_of(request), document, since=_since(request))
    return {"kept": _document_of(request)}


def _withdraw_document(model: Model, request: Request) -> object:
    model.figures.withdraw(*_document_of(request), since=_since(request))
    return {"withdrawn": _document_of(request)}


def _keep_year(model: Model, request: Request) -> object:
    """A whole year for all five APIs; an API without anything to say is withdrawn."""
    return model.keep_year(
        request.path_params["utr"], request.path_params["tax_year"], _read(request, WholeYear), since=_since(request)
    )


def _withdraw_year(model: Model, request: Request) -> object:
    model.withdraw_year(request.path_params["utr"], request.path_params["tax_year"], since=_since(request))
    return {"withdrawn": request.path_params["tax_year"]}


def _faults(model: Model, _: Request) -> object:
    return model.faults.listing()


def _order_fault(model: Model, request: Request) -> object:
    return {"id": model.faults.order(_read(request, Fault))}


def _clear_faults(model: Model, _: Request) -> object:
    model.faults.clear()
    return model.faults.listing()


def _set_throttle(model: Model, request: Request) -> object:
    quota = _read(request, Quota)
    count = model.throttle is not None and model.throttle.count_refused
    model.throttle = None if quota.requests is None else Throttle(quota.requests, quota.seconds, count_refused=count)
    return quota


def _unknowns(model: Model, _: Request) -> object:
    return model.unknowns


def _switch_unknowns(model: Model, request: Request) -> object:
    changes = _read(request, dict[str, Any])
    checked = msgspec.convert({**msgspec.to_builtins(model.unknowns), **changes}, Unknowns)
    for name in changes:
        setattr(model.unknowns, name, getattr(checked, name))
    return model.unknowns


def _revoke(model: Model, request: Request) -> object:
    whose = _read(request, Whose)
    return {"revoked": model.authority.revoke(client_id=whose.client_id, user_id=whose.user_id)}


def _expire(model: Model, request: Request) -> object:
    which = _read(request, Which)
    model.authority.expire(access=which.access, refresh=which.refresh)
    return which


def _inspect(model: Model, request: Request) -> object:
    token = _read(request, Shown).token
    return {"access": model.authority.access_state(token), "refresh": model.authority.refresh_state(token)}


def _requests(model: Model, request: Request) -> object:
    return model.requests.listing(request.query_params.get("path", "/"))


def _forget_requests(model: Model, _: Request) -> object:
    model.requests.clear()
    return []


def _truth(model: Model, _: Request) -> object:
    """What really happened: live refresh chains, refreshes, how requests were answered, the busiest second."""
    authority = model.authority
    return {
        **_clock_shown(model),
        "grants": [
            {
                "grant_id": grant.grant_id,
                "user_id": grant.user_id,
                "granted_at": grant.granted_at,
                "revoked": grant.revoked,
                "refreshes": grant.refreshes,
            }
            for grant in authority.grants.values()
        ],
        "live_chains": len(authority.live_chains()),
        "live_refresh_tokens": [
            fingerprint(token) for token in authority.refresh_tokens if authority.refresh_state(token) == "live"
        ],
        "refreshes": sum(grant.refreshes for grant in authority.grants.values()),
        "statuses": model.requests.statuses(),
        "throttled": model.requests.statuses().get("429", 0),
        "busiest_second": model.requests.busiest_second(),
    }
