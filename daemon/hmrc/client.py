"""Asks HMRC for annual summaries: exact headers, a turn for each request, retries where they help, one outcome a call."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol, Self

import stamina
from stamina.instrumentation import set_on_retry_hooks

from daemon.hmrc import errors, schemas
from daemon.hmrc.endpoints import ENDPOINTS, accept
from daemon.hmrc.pace import Pace, Turn
from daemon.hmrc.transport import READ, ApiTransport, Reply, TransportError
from storage.clock import Clock
from storage.records import ApiOutcome, TaxYear
from storage.secret import Secret

ATTEMPTS = 4
FIRST_WAIT, LONGEST_WAIT = 0.5, 8.0
"""Seconds between attempts: doubled each time, with jitter."""
WORTH_A_TRY = 2.0
"""Seconds that must be left of a call's time for another attempt."""


class AccessTokens(Protocol):
    """Where access tokens come from: the grant."""

    def calling(self) -> AbstractAsyncContextManager[Secret]:
        """An access token that nobody refreshes away while it is held; refreshed first where that is needed.

        Raises `SignInNeeded`, `HmrcTrouble` or `StorageTrouble` where there is none to be had.
        """
        ...

    async def rejected(self, access_token: Secret) -> bool:
        """HMRC answered INVALID_CREDENTIALS to this token: at most one refresh, and True where it is worth asking again."""
        ...


@dataclass(frozen=True, slots=True)
class Call:
    """What came of one call. `body` is HMRC's answer where the outcome is ok."""

    outcome: ApiOutcome
    status: int | None
    code: str | None
    body: str | None = field(repr=False)
    duration_ms: int
    """Of the last attempt, from its turn to its end."""
    attempts: int
    """0 where HMRC was not asked, because it had failed too often in a row."""
    note: str | None = None


class Patience:
    """How long HMRC is still waited for. Failures of its platform in a row shorten it; any answer restores it.

    A year or an API that fails alone costs only itself; a platform that fails everywhere ends a sync in about a minute.
    """

    PROBE_AFTER = 4
    """After this many failed calls in a row each call gets one short attempt."""
    GIVE_UP_AFTER = 12
    """After this many nothing more is asked in this run."""
    SHORTER = 10.0
    """Seconds for a call once the one before has failed."""

    def __init__(self) -> None:
        self.failures = 0

    @property
    def attempts(self) -> int:
        """How often a call may be tried now; 0: not at all."""
        if self.failures >= self.GIVE_UP_AFTER:
            return 0
        return 1 if self.failures >= self.PROBE_AFTER else ATTEMPTS

    @property
    def seconds(self) -> float:
        """The deadline of a call, its waits for a turn not counted."""
        return self.SHORTER if self.failures else READ

    def learn(self, trouble: errors.HmrcError | None) -> None:
        """Takes note of how a call ended."""
        self.failures = self.failures + 1 if trouble is not None and trouble.platform else 0


@dataclass(slots=True)
class _Progress:
    """One call while it goes on: its attempts, the seconds it may still take, and whether the grant was asked for a new token."""

    seconds_left: float
    attempts: int = 0
    turn_at: float | None = None
    duration_ms: int = 0
    renewed: bool = False


class HmrcClient:
    """A client for one run. Use it in one event loop, as an async context manager.

    `headers` gives the fraud-prevention headers to send now; it is called in a thread for each attempt.
    """

    def __init__(
        self,
        api_url: str,
        versions: Mapping[str, str],
        pace: Pace,
        tokens: AccessTokens,
        headers: Callable[[], Mapping[str, str]],
        clock: Clock,
    ) -> None:
        self._versions, self._pace, self._tokens, self._headers, self._clock = versions, pace, tokens, headers, clock
        self._transport = ApiTransport(api_url)
        self.patience = Patience()
        # Retries are counted in each call's observation; stamina's own hooks would log them a second time.
        set_on_retry_hooks(())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *details: object) -> None:
        await self._transport.__aexit__(*details)

    async def annual_summary(self, api: str, utr: Secret, tax_year: TaxYear) -> Call:
        """One call with its retries: HMRC's answer, or why there is none.

        Raises only what the grant raises: `SignInNeeded`, `HmrcTrouble`, `StorageTrouble`.
        """
        if not (attempts := self.patience.attempts):
            return Call("failed", None, None, None, 0, 0, "not asked: HMRC had failed too often in a row")
        progress = _Progress(self.patience.seconds)
        try:
            reply = await self._with_retries(api, ENDPOINTS[api].address(utr, tax_year), attempts, progress)
            body = _checked(api, reply)
        except errors.HmrcError as trouble:
            self.patience.learn(trouble)
            return Call(
                trouble.outcome,
                trouble.status,
                trouble.code,
                None,
                progress.duration_ms,
                progress.attempts,
                None if isinstance(trouble, errors.NoData) else trouble.note,
            )
        self.patience.learn(None)
        return Call("ok", reply.status, None, body, progress.duration_ms, progress.attempts)

    async def _with_retries(self, api: str, path: str, attempts: int, progress: _Progress) -> Reply:
        async for attempt in stamina.retry_context(
            on=lambda trouble: self._retry_in(trouble, progress),
            attempts=attempts,
            timeout=None,
            wait_initial=FIRST_WAIT,
            wait_max=LONGEST_WAIT,
            wait_jitter=FIRST_WAIT,
        ):
            with attempt:
                return await self._with_token(api, path, progress)
        raise AssertionError("stamina ends with an answer or an exception")

    def _retry_in(self, trouble: Exception, progress: _Progress) -> bool | float:
        """Whether to try again, or after how many seconds. Once patience or the call's time is out, retries under way end too."""
        if not isinstance(trouble, errors.HmrcError) or not trouble.worth_retrying:
            return False
        if self.patience.attempts <= 1 or progress.seconds_left < WORTH_A_TRY:
            return False
        return True if trouble.retry_after is None else trouble.retry_after

    async def _with_token(self, api: str, path: str, progress: _Progress) -> Reply:
        """One attempt, and a second one with a new access token where HMRC calls the first token dead."""
        while True:
            async with self._tokens.calling() as access_token:
                try:
                    return await self._attempt(api, path, access_token, progress)
                except errors.AccessTokenRejected as trouble:
                    rejection = trouble
            if progress.renewed or not await self._tokens.rejected(access_token):
                raise rejection
            progress.renewed = True

    async def _attempt(self, api: str, path: str, access_token: Secret, progress: _Progress) -> Reply:
        progress.attempts += 1
        headers = {
            **await asyncio.to_thread(self._headers),
            "Accept": accept(self._versions[api]),
            "Authorization": f"Bearer {access_token.reveal()}",
        }
        progress.turn_at = None
        try:
            reply = await self._transport.get(
                path, headers, lambda: self._turn(progress), max(progress.seconds_left, 1.0)
            )
        except TransportError as error:
            raise errors.error_from_transport(error) from None
        finally:
            taken = time.monotonic() - progress.turn_at if progress.turn_at is not None else 0.0
            progress.duration_ms = round(taken * 1000)
            progress.seconds_left -= taken
        if reply.status != 200:
            trouble = errors.error_from(reply, self._clock.now())
            if isinstance(trouble, errors.Throttled):
                await asyncio.to_thread(self._pace.penalise)
            raise trouble
        return reply

    @asynccontextmanager
    async def _turn(self, progress: _Progress) -> AsyncGenerator[Turn]:
        async with self._pace.turn() as turn:
            progress.turn_at = progress.turn_at or time.monotonic()
            yield turn


def _checked(api: str, reply: Reply) -> str:
    """The answer's text, once it is known to be what HMRC documents. Raises `UnreadableAnswer`."""
    try:
        schemas.read(api, reply.body)
        return reply.body.decode()
    except errors.UnreadableAnswer as trouble:
        trouble.status = reply.status
        raise
