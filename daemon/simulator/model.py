"""The simulated HMRC's whole state: applications, people, figures, grants, faults and time. Pure: no HTTP here."""

import threading
import time
from collections.abc import Callable, Iterable
from datetime import datetime

from daemon.simulator import identifiers
from daemon.simulator.authority import Authority
from daemon.simulator.clock import SettableClock
from daemon.simulator.faults import Faults
from daemon.simulator.figures import SUMMARIES, Figures, WholeYear, documents
from daemon.simulator.recording import RequestLog
from daemon.simulator.registered import DEFAULT_APPLICATION, DEFAULT_PERSON, Application, Person
from daemon.simulator.throttle import Throttle
from daemon.simulator.unknowns import Unknowns
from storage.clock import Clock, SystemClock


class Model:
    """Everything that the simulator knows. Whoever reads or changes it from another thread holds `lock`."""

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        throttle: bool = True,
        monotonic: Callable[[], float] = time.monotonic,
        unknowns: Unknowns | None = None,
    ) -> None:
        self.lock = threading.RLock()
        self.clock = SettableClock(clock or SystemClock())
        self.monotonic = monotonic
        """Real time in seconds, for the throttle and the request log; the simulated clock does not move it."""
        self.unknowns = unknowns or Unknowns()
        self.throttle = Throttle() if throttle else None
        self.figures = Figures()
        self.faults = Faults()
        self.requests = RequestLog()
        self.authority = Authority(self.clock, self.unknowns)
        self.applications: dict[str, Application] = {}
        self.people: dict[str, Person] = {}
        self.register(
            Application(
                DEFAULT_APPLICATION.client_id,
                list(DEFAULT_APPLICATION.secrets),
                list(DEFAULT_APPLICATION.redirect_uris),
            )
        )
        self.add_person(DEFAULT_PERSON)

    def register(self, application: Application) -> Application:
        """Registers `application`, or replaces the one of the same client id."""
        self.applications[application.client_id] = application
        return application

    def add_person(self, person: Person) -> Person:
        """Adds a person, or replaces the one of the same user id."""
        self.people[person.user_id] = person
        return person

    def keep_year(self, utr: str, tax_year: str, year: WholeYear, *, since: datetime | None = None) -> list[str]:
        """Keeps a whole year's figures for all five APIs; one that has nothing to say is withdrawn. Which now have an answer."""
        made = documents(year)
        for api in SUMMARIES:
            if api in made:
                self.figures.keep(api, utr, tax_year, made[api], since=since)
            else:
                self.figures.withdraw(api, utr, tax_year, since=since)
        return list(made)

    def withdraw_year(self, utr: str, tax_year: str, *, since: datetime | None = None) -> None:
        """Takes a whole year away, as HMRC does once the year's Self Assessment return is processed."""
        for api in SUMMARIES:
            self.figures.withdraw(api, utr, tax_year, since=since)

    def person_by(self, *, utr: str | None = None, nino: str | None = None) -> Person | None:
        """The person with this UTR or this NINO."""
        return next(
            (p for p in self.people.values() if (utr is not None and p.utr == utr) or (nino and p.nino == nino)), None
        )

    def create_person(self, services: Iterable[str], nino: str | None = None) -> Person:
        """A new test user, as Create Test User makes one: an identifier for each service that gives one."""
        asked = tuple(services)
        has_nino = any(service in asked for service in ("national-insurance", "mtd-income-tax"))
        user_id = identifiers.new_user_id()
        return self.add_person(
            Person(
                user_id=user_id,
                password=identifiers.new_password(),
                full_name="Ida Newton",
                utr=identifiers.new_utr() if "self-assessment" in asked else None,
                nino=(nino or identifiers.new_nino()) if has_nino else None,
                services=asked,
                group_identifier=identifiers.new_token(),
            )
        )
