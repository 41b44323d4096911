"""What is imported before the first paint: Textual and the screens, and nothing of the engine."""

import subprocess
import sys
from pathlib import Path

PAINT = """
import asyncio, sys
from hmrc_tui.app import HmrcTuiApp
from hmrc_tui.session import Session
import os
session = Session(os.environ)
def never():
    raise AssertionError("the engine was opened before the first paint")
app = HmrcTuiApp(never, session.settings, session.places, session.clock)
app._begin = lambda: None
async def paint():
    async with app.run_test() as pilot:
        await pilot.pause()
asyncio.run(paint())
print(" ".join(sorted(sys.modules)))
"""
LATE = {
    "alembic",
    "apprise",
    "apscheduler",
    "authlib",
    "cryptography",
    "fastapi",
    "httpx2",
    "hvac",
    "keyring",
    "plotext",
    "prometheus_client",
    "psutil",
    "psycopg",
    "pypdf",
    "sqlite3",
    "sqlite_utils",
    "stamina",
    "textual_plotext",
    "uvicorn",
}


def test_the_first_paint_imports_nothing_of_the_engine(home: Path) -> None:
    done = subprocess.run([sys.executable, "-W", "error", "-c", PAINT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    modules = set(done.stdout.split())
    assert not {name for name in modules if name.partition(".")[0] in LATE}
    assert not {name for name in modules if name.startswith("daemon.")}
    assert "storage.records" not in modules
    assert "storage.ledger" not in modules
    other_tabs = {"payslips", "history", "headers", "activity", "sign_in", "help", "palette", "asking", "telling"}
    assert not {f"hmrc_tui.screens.{tab}" for tab in other_tabs} & modules
