"""The container's first process: statuses and signals pass through it, and it waits for what its command left running."""

import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]


def first_process(*command: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "daemon.first_process", *command], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def python(script: str) -> list[str]:
    return [sys.executable, "-c", script]


def test_it_ends_as_its_command_ends() -> None:
    for command, status in ((python("raise SystemExit(3)"), 3), (["/nowhere/at/all"], 127), ([], 2)):
        with first_process(*command) as process:
            assert process.wait(60) == status


def test_it_passes_a_stop_on_and_tells_which_signal_ended_the_command() -> None:
    with first_process(*python("import time; print('up', flush=True); time.sleep(60)")) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 128 + signal.SIGTERM


def test_it_stays_until_a_process_that_outlived_the_command_has_ended(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    orphan = f"import time; time.sleep(0.7); open({str(kept)!r}, 'w').write('saved')"
    started = time.monotonic()
    script = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {orphan!r}], start_new_session=True)"
    with first_process(*python(script)) as process:
        assert process.wait(60) == 0
    assert kept.read_text() == "saved"
    assert time.monotonic() - started >= 0.7
