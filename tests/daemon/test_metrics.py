"""The metrics: what each phrase of a dashboard or an alert rule asks for, counted by a real engine, and nothing personal."""

import asyncio
import re
from pathlib import Path

import pytest

from daemon.events import GrantChanged, SyncFinished
from daemon.host import EngineHost
from daemon.metrics import Gauges, Metrics
from storage.clock import SystemClock
from storage.records import TaxYear
from storage.troubles import HmrcTrouble
from tests.daemon.signed_in import engine_on_a_simulator, figures, withdraw
from tests.private import found_in
from tests.simulated import control

YEAR = TaxYear(2024)
NOTHING = Gauges(None, None, 0, 0.0, 0, None, None, None, False, None)


def value(exposition: bytes, name: str) -> float | None:
    """A metric by its name with its labels; None where it is not there."""
    found = re.search(rf"(?m)^{re.escape(name)} (\S+)$", exposition.decode())
    return float(found[1]) if found else None


async def test_a_run_is_counted_by_outcome_with_its_refresh_and_how_long_hmrc_took(tmp_path: Path) -> None:
    with engine_on_a_simulator(tmp_path) as (engine, simulator):
        host = EngineHost(engine)
        figures(simulator, "2024-25", "34200.00", "4324.00")
        control(simulator, "POST", "/tokens/expire", {})
        report = await engine.sync([YEAR], unattended=True)
        seen = await asyncio.to_thread(host.metrics)
        assert value(seen, 'hmrc_tui_runs_total{outcome="done"}') == 1
        assert value(seen, 'hmrc_tui_years_total{outcome="new"}') == 1
        assert value(seen, "hmrc_tui_refreshes_total") == 1
        assert value(seen, "hmrc_tui_outbox_rows") == 0
        assert value(seen, "hmrc_tui_grant_days_left") in {546, 547}
        assert value(seen, 'hmrc_tui_grant_state{state="ok"}') == 1
        for api in engine.settings.hmrc.apis:
            calls = {outcome: value(seen, f'hmrc_tui_hmrc_request_seconds_count{{api="{api}",outcome="{outcome}"}}')
                     for outcome in ("ok", "no_data")}  # fmt: skip
            assert sum(filter(None, calls.values())) == 1, (api, calls)
        confirmed = value(seen, "hmrc_tui_last_confirmed_timestamp_seconds")
        ended = value(seen, "hmrc_tui_last_run_timestamp_seconds")
        assert confirmed is not None
        assert ended is not None
        assert report.started_at.timestamp() <= confirmed <= ended <= SystemClock().now().timestamp()
        withdraw(simulator, "2024-25")
        await engine.sync([YEAR])
        again = await asyncio.to_thread(host.metrics)
        assert value(again, 'hmrc_tui_years_total{outcome="gone"}') == 1
        assert value(again, "hmrc_tui_last_confirmed_timestamp_seconds") == confirmed, "a 404 confirms nothing"
        assert value(again, "hmrc_tui_refreshes_total") == 1
        personal = ("34200", "4324", "123/AB456", "Example Ltd", simulator.person.utr or "", "2024-25")
        assert found_in(again.decode(), personal) == []
        await host.close()


async def test_a_run_that_hmrc_does_not_answer_is_counted_as_failed(tmp_path: Path) -> None:
    with engine_on_a_simulator(tmp_path, signed_in=False) as (engine, _):
        host = EngineHost(engine)
        engine.tell(SyncFinished("run", engine.clock.now(), (), str(HmrcTrouble("HMRC does not answer"))))
        seen = await asyncio.to_thread(host.metrics)
        assert value(seen, 'hmrc_tui_runs_total{outcome="failed"}') == 1
        assert value(seen, 'hmrc_tui_grant_state{state="none"}') == 1
        await host.close()


def test_a_sign_in_is_a_change_and_no_refresh() -> None:
    metrics = Metrics()
    metrics.hear(GrantChanged("ok"))
    metrics.hear(GrantChanged("ok", refreshed=True))
    seen = metrics.render(NOTHING)
    assert value(seen, 'hmrc_tui_grant_changes_total{state="ok"}') == 2
    assert value(seen, "hmrc_tui_refreshes_total") == 1


@pytest.mark.parametrize("name", ["last_confirmed_timestamp_seconds", "grant_days_left", "postgres_up"])
def test_what_is_not_known_is_not_zero(name: str) -> None:
    assert str(value(Metrics().render(NOTHING), f"hmrc_tui_{name}")) == "nan"
