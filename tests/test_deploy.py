"""What is deployed: every variable is a setting, every reference leads somewhere, and the public sees two paths."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from storage.configuration import load
from storage.places import Places

ROOT = Path(__file__).parents[1]
STACK = "\n".join(file.read_text() for file in sorted((ROOT / "deploy/terraform").glob("*.tf")))
FILES = ["Dockerfile", "docker-compose.yml", "deploy/systemd/hmrc-tui.service"]
TOP_LEVEL = re.compile(r'^(resource|variable) "(\w+)"(?: "(\w+)")? \{', re.MULTILINE)
VALUES = {
    "ENVIRONMENT": "sandbox",
    "PORT": "8081",
    "STORE": "file",
    "AUTH": "kubernetes",
    "AT": "07:00",
    "UTR": "2234567890",
}
ADDRESSES = {"PUBLIC_URL": "https://hmrc.example.org", "ADDRESS": "https://vault.example.org"}


def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


def variables_in(text: str) -> set[str]:
    """The variables of the program that are set there, but for those that say where its files are."""
    return set(re.findall(r"\bHMRC_TUI_[A-Z_]+__[A-Z_]+\b", text))


@pytest.mark.parametrize("text", [*((ROOT / file).read_text() for file in FILES), STACK], ids=[*FILES, "terraform"])
def test_every_variable_is_a_setting(tmp_path: Path, text: str) -> None:
    environ: dict[str, str] = {}
    for name in variables_in(text):
        key = name.partition("__")[2]
        value = VALUES.get(key) or ADDRESSES.get(key) or "a-value"
        if key.endswith("_FILE"):
            value = str(tmp_path / key)
            Path(value).write_text(VALUES.get(key.removesuffix("_FILE"), "a-secret"))
        environ[name] = value
    assert set(load(Places.under(tmp_path), environ).sources.values()) == set(environ)


def test_every_reference_of_the_stack_leads_somewhere_and_nothing_is_left_over() -> None:
    made = {(kind, *filter(None, names)) for kind, *names in TOP_LEVEL.findall(STACK)}
    for kind, name in re.findall(r"(?<![\w.])(kubernetes_\w+)\.(\w+)\.", STACK):
        assert ("resource", kind, name) in made
    variables = {name for kind, name, *_ in made if kind == "variable"}
    assert set(re.findall(r"\bvar\.(\w+)", STACK)) == variables
    (block,) = re.findall(r"^locals \{\n(.*?)^\}", STACK, re.MULTILINE | re.DOTALL)
    assert set(re.findall(r"\blocal\.(\w+)", STACK)) == set(re.findall(r"^  (\w+) += ", block, re.MULTILINE))


def test_every_secret_that_the_stack_may_mount_is_allowed_and_the_payslips_are_optional() -> None:
    (keys,) = re.findall(r"secret_keys = \{(.*?)\}", STACK, re.DOTALL)
    (allowed,) = re.findall(r"setsubtract\(keys\(var\.vault_properties\), \[(.*?)\]", STACK, re.DOTALL)
    assert set(re.findall(r"(\w+) += ", keys)) == set(re.findall(r'"(\w+)"', allowed))
    (default,) = re.findall(r'variable "vault_properties" \{.*?default = \{(.*?)\}', STACK, re.DOTALL)
    assert {"client_id", "client_secret", "utr"} <= set(re.findall(r"(\w+) += ", default))
    assert "payslips_dsn" not in default


def test_the_public_sees_two_paths_and_probes_name_a_host_that_is_allowed() -> None:
    ingress = STACK[STACK.index('resource "kubernetes_ingress_v1"') :]
    assert re.findall(r"for_each = \[(.*?)\]", ingress)[0] == '"/authorize", "/callback"'
    assert 'path_type = "Exact"' in ingress
    probes = re.findall(r"_probe \{\n\s+http_get \{(.*?)\n          \}", STACK, re.DOTALL)
    assert [re.findall(r'path = "(.*?)"', probe) for probe in probes] == [["/healthz"], ["/readyz"]]
    assert all(re.search(r'name  = "Host"\s+value = local\.service_host', probe) for probe in probes)
    assert 'ALLOWED_HOSTS = "${local.service_host},$(POD_IP)"' in STACK


def test_no_pod_of_the_cron_job_is_behind_the_service_and_it_runs_at_six() -> None:
    assert (
        STACK.count("= local.daemon_labels") == 4
    )  # selector, template, service, and what the CronJob's pods must be beside
    assert "labels = local.sync_labels" in STACK
    assert 'schedule                      = "0 6 * * *"' in STACK
    assert re.search(r'args  = \["sync", "--unattended"\]', STACK)


def test_a_postgres_that_is_away_keeps_no_pod_from_starting() -> None:
    init = STACK[STACK.index("init_container {") :]
    assert 'args = ["migrate", "--if-reachable"]' in init[: init.index("container {", 20)]


@pytest.mark.skipif(shutil.which("terraform") is None, reason="Terraform is not among what the tests install")
def test_the_stack_is_written_as_terraform_writes_it(tmp_path: Path) -> None:
    subprocess.run(
        ["terraform", "fmt", "-check", "-diff", str(ROOT / "deploy/terraform")],
        check=True, timeout=60, env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(tmp_path), "TF_CLI_CONFIG_FILE": "/dev/null"},
    )  # fmt: skip


def test_the_secrets_of_compose_are_files_and_the_root_is_read_only() -> None:
    daemon, postgres = compose()["services"]["daemon"], compose()["services"]["postgres"]
    assert set(daemon["secrets"]) | set(postgres["secrets"]) == set(compose()["secrets"])
    for name, value in daemon["environment"].items():
        if name.endswith("_FILE"):
            assert value.removeprefix("/run/secrets/") in daemon["secrets"]
    assert daemon["read_only"]
    assert daemon["cap_drop"] == ["ALL"]
    assert daemon["depends_on"]["postgres"] == {"condition": "service_healthy", "required": False}
    assert "pg_isready" in postgres["healthcheck"]["test"]


def test_ci_runs_the_command_of_the_readme_and_builds_the_image() -> None:
    steps = {step["name"]: step for step in yaml.safe_load((ROOT / ".woodpecker.yml").read_text())["steps"]}
    command = steps["test"]["commands"][-1]
    assert command in (ROOT / "README.md").read_text()
    assert "kaniko" in steps["image"]["image"]
    assert command in (ROOT / ".ci/run").read_text().splitlines()


def test_a_stop_is_given_as_long_as_the_first_process_waits() -> None:
    from daemon.first_process import GRACE_SECONDS
    from daemon.headless import STOP_SECONDS

    unit = (ROOT / "deploy/systemd/hmrc-tui.service").read_text()
    graces = [
        int(compose()["services"]["daemon"]["stop_grace_period"].removesuffix("s")),
        int(re.findall(r"TimeoutStopSec=(\d+)", unit)[0]),
        *map(int, re.findall(r"termination_grace_period_seconds += (\d+)", STACK)),
    ]
    assert len(graces) == 4
    assert min(graces) > max(GRACE_SECONDS, STOP_SECONDS)


def test_the_unit_is_one_that_systemd_takes(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not among what the tests install")
    unit = tmp_path / "hmrc-tui.service"
    text = (ROOT / "deploy/systemd/hmrc-tui.service").read_text()
    unit.write_text(re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", re.sub(r"Documentation=.*\n", "", text)))
    done = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, str(unit) in done.stderr) == (0, False), done.stderr


def test_the_image_installs_what_is_locked() -> None:
    assert "--require-hashes" in (ROOT / "Dockerfile").read_text()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    locked = (ROOT / "requirements/run.txt").read_text().lower()
    for dependency in project["dependencies"]:
        assert re.match(r"[a-z0-9-]+", dependency)[0] + "==" in locked.replace("[binary]", "")  # type: ignore[index]
