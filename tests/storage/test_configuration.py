"""The configuration: TOML, environment and secret files; every mistake is one clear line."""

import os
import re
import tomllib
from pathlib import Path

import msgspec
import pytest

from storage.configuration import Configuration, load
from storage.places import Places
from storage.secret import Secret
from storage.settings import Settings
from storage.troubles import BadInput
from tests.makers import UTR

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"


def configured(folder: Path, text: str = "", **environ: str) -> Configuration:
    file = folder / "config.toml"
    file.write_text(text)
    file.chmod(0o600)
    return load(Places.under(folder), environ, file)


def refused(folder: Path, text: str = "", **environ: str) -> str:
    with pytest.raises(BadInput) as caught:
        configured(folder, text, **environ)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_without_a_file_everything_has_a_default(tmp_path: Path) -> None:
    configuration = load(Places.under(tmp_path), {})
    assert configuration.file is None
    assert configuration.settings == Settings()
    assert configuration.settings.redirect_uri == "http://localhost:8080/oauth/callback"


def test_the_file_in_the_home_folder_is_read(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[hmrc]\nutr = "2234567890"\n')
    assert load(Places.under(tmp_path), {}).settings.hmrc.utr == Secret("2234567890")


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    configuration = configured(tmp_path, "[service]\nport = 8100\n", HMRC_TUI_SERVICE__PORT="8200")
    assert configuration.settings.service.port == 8200
    assert configuration.sources["service.port"] == "HMRC_TUI_SERVICE__PORT"


def test_lists_and_versions_come_from_the_environment_too(tmp_path: Path) -> None:
    settings = configured(
        tmp_path,
        '[hmrc.versions]\nindividual-tax = "1.0"\n',
        HMRC_TUI_HMRC__APIS="individual-tax, individual-income",
        HMRC_TUI_HMRC__VERSIONS__INDIVIDUAL_INCOME="1.1",
        HMRC_TUI_ALERTS__GRANT_DAYS="30,7",
        HMRC_TUI_ALERTS__URLS="json://localhost,xml://localhost",
    ).settings
    assert settings.hmrc.apis == ("individual-tax", "individual-income")
    assert settings.version("individual-tax") == "1.0"
    assert settings.version("individual-income") == "1.1"
    assert settings.version("individual-benefits") == "2.0"
    assert settings.alerts.grant_days == (30, 7)
    assert [url.reveal() for url in settings.alerts.urls] == ["json://localhost", "xml://localhost"]


def test_a_secret_file_is_relative_to_the_file_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s3cret\n")
    settings = configured(tmp_path, '[hmrc]\nclient_secret_file = "secret"\n').settings
    assert settings.hmrc.client_secret == Secret("s3cret")


def test_a_secret_file_can_be_named_in_the_environment(tmp_path: Path) -> None:
    (tmp_path / "dsn").write_text("postgresql://localhost/finance\n")
    settings = configured(tmp_path, HMRC_TUI_STORAGE__POSTGRES_FILE=str(tmp_path / "dsn")).settings
    assert settings.storage.postgres == Secret("postgresql://localhost/finance")


def test_a_public_address_moves_the_callback(tmp_path: Path) -> None:
    settings = configured(tmp_path, '[service]\npublic_url = "https://hmrc.example.org/"\n').settings
    assert settings.redirect_uri == "https://hmrc.example.org/callback"


def test_each_environment_has_a_schema_of_its_own(tmp_path: Path) -> None:
    names = {
        configured(tmp_path, f'[hmrc]\nenvironment = "{name}"\n').settings.schema
        for name in ("simulator", "sandbox", "production")
    }
    assert names == {"hmrc_sync", "hmrc_sync_sandbox", "hmrc_sync_simulator"}


def test_a_value_of_the_environment_wins_over_a_file_that_the_configuration_names(tmp_path: Path) -> None:
    (tmp_path / "dsn").write_text("postgresql://localhost/old\n")
    settings = configured(
        tmp_path,
        '[storage]\npostgres_file = "dsn"\n[payslips]\ndatabase_file = "dsn"\n',
        HMRC_TUI_STORAGE__POSTGRES="postgresql://localhost/new",
        HMRC_TUI_PAYSLIPS__DATABASE_FILE="",
    ).settings
    assert settings.storage.postgres == Secret("postgresql://localhost/new")
    assert settings.storage.postgres_file is None
    assert (settings.payslips.database, settings.payslips.database_file) == (
        Secret("postgresql://localhost/old"),
        str(tmp_path / "dsn"),
    )


def test_a_path_in_the_file_is_relative_to_it_and_one_in_the_environment_to_where_the_command_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    of_the_file = configured(tmp_path, '[vault]\njwt_path = "token"\n').settings
    of_the_environment = configured(tmp_path, HMRC_TUI_VAULT__JWT_PATH="token").settings
    assert of_the_file.vault.jwt_path == str(tmp_path / "token")
    assert of_the_environment.vault.jwt_path == str(elsewhere / "token")


def test_every_key_can_come_from_the_environment(tmp_path: Path) -> None:
    chosen = {
        "environment": "sandbox",
        "header_gate": "warn",
        "auth": "approle",
        "store": "file",
        "utr": UTR,
        "apis": "individual-tax",
        "redirect_uri": "http://localhost:9/oauth/callback",
        "api_url": "http://localhost:9",
        "www_url": "http://localhost:9",
        "public_url": "https://example.org",
        "at": "05:30",
        "tax_years": "2021-22,current",
        "first_year": "2019-20",
        "port": "8090",
        "grant_days": "9,3",
        "tolerance": "0.02",
    }
    for table in msgspec.structs.fields(Settings):
        for key in msgspec.structs.fields(table.type):
            name = f"HMRC_TUI_{table.name}__{key.name}".upper()
            if key.name == "versions":
                name, given = f"{name}__INDIVIDUAL_TAX", "1.0"
            elif key.name.endswith("_file"):
                (tmp_path / "value").write_text("made-up")
                given = str(tmp_path / "value")
            else:
                given = chosen.get(key.name, "made_up")
            loaded = configured(tmp_path, **{name: given})
            assert loaded.sources.get(f"{table.name}.{key.name.removesuffix('_file')}") == name, name
            assert getattr(getattr(loaded.settings, table.name), key.name) != key.default, name


def test_a_variable_that_lacks_an_underscore_is_a_warning_that_names_the_right_one(tmp_path: Path) -> None:
    given = {
        "HMRC_TUI_SYNC_AT": "05:00",
        "HMRC_TUI_HMRC_CLIENT_SECRET_FILE": "x",
        "HMRC_TUI_HOME": "/x",
        "HMRC_TUI_TEST_USER": "1",
    }
    loaded = configured(tmp_path, **given)
    assert loaded.settings.sync.at == "06:00"
    assert loaded.warnings == (
        "HMRC_TUI_HMRC_CLIENT_SECRET_FILE is not read; did you mean HMRC_TUI_HMRC__CLIENT_SECRET_FILE?",
        "HMRC_TUI_SYNC_AT is not read; did you mean HMRC_TUI_SYNC__AT?",
    )


def test_what_kubernetes_sets_for_a_service_of_this_name_is_no_mistake(tmp_path: Path) -> None:
    given = {
        "HMRC_TUI_SERVICE_HOST": "10.0.0.1",
        "HMRC_TUI_SERVICE_PORT": "8081",
        "KUBERNETES_SERVICE_HOST": "10.0.0.2",
    }
    assert configured(tmp_path, **given).warnings == ()


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("\ufeffs3cret\n")
    loaded = configured(tmp_path, '\ufeff[hmrc]\nclient_secret_file = "secret"\n')
    assert loaded.settings.hmrc.client_secret == Secret("s3cret")


def test_a_list_of_secrets_is_read_from_a_file_one_on_each_line(tmp_path: Path) -> None:
    file = tmp_path / "urls"
    file.write_text("mailto://me:hunter2@example.org?to=a@example.org,b@example.org\n\n json://localhost:9/x \n")
    by_name = configured(tmp_path, HMRC_TUI_ALERTS__URLS_FILE=str(file))
    for settings in (by_name.settings, configured(tmp_path, '[alerts]\nurls_file = "urls"\n').settings):
        assert [url.reveal() for url in settings.alerts.urls] == [
            "mailto://me:hunter2@example.org?to=a@example.org,b@example.org", "json://localhost:9/x",
        ]  # fmt: skip
        assert "hunter2" not in repr(settings)


def test_a_file_that_others_can_read_is_a_warning(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("")
    file.chmod(0o644)
    (warning,) = load(Places.under(tmp_path), {}, file).warnings
    assert "chmod 600" in warning


def test_what_is_left_empty_is_not_set(tmp_path: Path) -> None:
    (tmp_path / "webhook").write_text("\n")
    settings = configured(
        tmp_path,
        '[storage]\npostgres = "postgresql://db.example.org/finance"\n[service]\nwebhook_token_file = "webhook"\n',
        HMRC_TUI_STORAGE__POSTGRES="",
        HMRC_TUI_HMRC__UTR="",
        HMRC_TUI_SERVICE__PUBLIC_URL="",
    ).settings
    assert (settings.storage.postgres, settings.hmrc.utr) == (None, None)
    assert (settings.service.public_url, settings.service.webhook_token) == (None, None)


def test_hosts_are_names_and_addresses(tmp_path: Path) -> None:
    hosts = ("hmrc-tui.monitoring.svc", "10.0.0.5", "fd00::5", "[fd00::5]", "::ffff:10.0.0.5", "HMRC_tui", "")
    text = f"[service]\nallowed_hosts = {list(hosts)}\n"
    assert configured(tmp_path, text).settings.service.allowed_hosts == hosts


def test_secrets_do_not_show(tmp_path: Path) -> None:
    settings = configured(tmp_path, '[hmrc]\nutr = "2234567890"\nclient_secret = "s3cret"\n').settings
    assert "2234567890" not in repr(settings)
    assert "s3cret" not in f"{settings.hmrc.client_secret} {settings.hmrc.client_secret!r} {settings}"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[hmrc]\nutrr = "2234567890"\n', "unknown key 'utrr' in [hmrc]; did you mean 'utr'?"),
        ("[hmcr]\n", "unknown table [hmcr]; did you mean 'hmrc'?"),
        ("hmrc = 1\n", "hmrc must be a table"),
        ("[hmrc]\nutr = 2234567890\n", "[hmrc] utr: expected str, got another type; write it in quotation marks"),
        ('[service]\nport = "8081"\n', "[service] port: expected int, got str; write a whole number without quotation"),
        ("[service]\nport = 70000\n", "[service] port"),
        ('[hmrc]\nenvironment = "live"\n', "[hmrc] environment: invalid enum value 'live'; choose from simulator, "),
        ('[hmrc]\nutr = "22345 67890"\n', "[hmrc] utr: write the ten digits of your Self Assessment reference"),
        ('[hmrc]\nutr = "2234567890/../1"\n', "[hmrc] utr: write the ten digits of your Self Assessment reference"),
        ("[tokens]\nstore = 1\n", "[tokens] store: expected str, got int; choose from auto, vault, keyring, file"),
        ('[hmrc]\napis = "individual-tax"\n', '[hmrc] apis: expected array, got str; write a list, as in ["…", "…"]'),
        ("[hmrc.versions]\nindividual-tax = 1.1\n", "[hmrc] versions: expected str, got float; write a table of its"),
        ('[hmrc.versions]\nindividual-tax = "one"\n', 'individual-tax: write the version as HMRC does, as in "1.1"'),
        ('[alerts]\ngrant_days = ["soon"]\n', "[alerts] grant_days: expected int, got str; write a list of whole"),
        ('[reconcile]\ntolerance = "a penny"\n', "[reconcile] tolerance: invalid decimal string; write an amount"),
        ('[hmrc]\nredirect_uri = "http://localhost:99999/oauth/callback"\n', "[hmrc] redirect_uri: use https"),
        ('[hmrc]\napi_url = "http://localhost:99999"\n', "[hmrc] api_url"),
        ('[hmrc]\napi_url = "http://example.org"\n', "[hmrc] api_url: use https, or plain http on localhost only"),
        ('[hmrc]\nredirect_uri = "http://127.0.0.1:8080/cb"\n', "[hmrc] redirect_uri"),
        ('[hmrc]\nredirect_uri = "https://example.org/cb#here"\n', "[hmrc] redirect_uri"),
        ('[hmrc]\napis = ["individual-taxes"]\n', "unknown API 'individual-taxes'"),
        ("[hmrc]\napis = []\n", "name at least one API"),
        ('[hmrc.versions]\nvat = "1.0"\n', "unknown API 'vat'"),
        ('[hmrc]\nclient_secret_file = "missing"\n', "No such file"),
        ("[hmrc]\nclient_secret_file = 1\n", "expected the name of a file"),
        ('[sync]\nat = "6am"\n', "[sync] at"),
        ('[sync]\nat = "25:00"\n', "[sync] at"),
        ('[sync]\nfirst_year = "2019"\n', "[sync] first_year"),
        ('[sync]\ntax_years = ["last"]\n', "[sync] tax_years"),
        ('[service]\npublic_url = "http://hmrc.example.org"\n', "[service] public_url"),
        ('[service]\npublic_url = "https://hmrc.example.org/?a=b"\n', "[service] public_url"),
        ('[service]\npublic_url = "https://hmrc.example.org/#a"\n', "[service] public_url"),
        ('[service]\npublic_url = "https://me:word@hmrc.example.org"\n', "[service] public_url"),
        ('[service]\nhost = ""\n', "[service] host"),
        ('[service]\nallowed_hosts = ["https://hmrc.example.org"]\n', "[service] allowed_hosts"),
        ('[service]\nallowed_hosts = ["hmrc.example.org:443"]\n', "[service] allowed_hosts"),
        ('[service]\nallowed_hosts = ["*"]\n', "[service] allowed_hosts"),
        ('[storage]\nschema = "x; drop"\n', "[storage] schema"),
        (f'[storage]\nschema = "{"x" * 64}"\n', "underscores, 63 at most"),  # Postgres would cut the rest off
        ('[reconcile]\ntolerance = "-1"\n', "[reconcile] tolerance"),
        ('[reconcile]\ntolerance = "NaN"\n', "[reconcile] tolerance"),
        ('[alerts]\nurls = "json://localhost"\n', "[alerts] urls"),
        ("[hmrc\n", "not valid TOML"),
        ('[hmrc]\nutr_file = "~no-such-person/utr"\n', "[hmrc] utr_file: ~no-such-person/utr: no such home folder"),
        ('[hmrc]\nutr_file = "a\\u0000b"\n', "[hmrc] utr_file: ab: there is a null character in it"),
    ],
)
def test_a_mistake_in_the_file_is_one_line_that_names_it(tmp_path: Path, text: str, told: str) -> None:
    message = refused(tmp_path, text)
    assert told in message
    assert message.startswith(str(tmp_path / "config.toml")) or "configuration" not in message


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("HMRC_TUI_HMRC__UTRR", "1"),
        ("HMRC_TUI_NOWHERE__UTR", "1"),
        ("HMRC_TUI_SERVICE__PORT", "many"),
        ("HMRC_TUI_HMRC__ENVIRONMENT", "live"),
        ("HMRC_TUI_ALERTS__GRANT_DAYS", "soon"),
        ("HMRC_TUI_HMRC__CLIENT_ID", "\udcff"),
    ],
)
def test_a_mistake_in_the_environment_names_the_variable(tmp_path: Path, variable: str, value: str) -> None:
    assert refused(tmp_path, **{variable: value}).startswith(variable)


def test_a_file_beyond_all_measure_is_one_line_too(tmp_path: Path) -> None:
    assert "tables within tables without end" in refused(tmp_path, f"[hmrc]\nx = {'[' * 5000}{']' * 5000}\n")
    assert "a number has far too many digits" in refused(tmp_path, f"[service]\nport = {'9' * 5000}\n")


def test_versions_of_the_environment_leave_a_mistake_in_the_file_to_be_told(tmp_path: Path) -> None:
    message = refused(tmp_path, '[hmrc]\nversions = "1.0"\n', HMRC_TUI_HMRC__VERSIONS__INDIVIDUAL_TAX="1.1")
    assert message.startswith(f"{tmp_path / 'config.toml'}: [hmrc] versions: expected object, got str")


def test_a_home_folder_that_is_not_known_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("HMRC_TUI_HOME", "HMRC_TUI_CONFIG"):
        environ = {variable: "~no-such-person/x"}
        with pytest.raises(BadInput, match=f"^{variable}: ~no-such-person/x: no such home folder"):
            load(Places.from_environment({"HMRC_TUI_HOME": str(tmp_path), **environ}), environ)

    def nameless(_path: Path) -> Path:
        raise RuntimeError("Could not determine home directory.")  # as for a container's user without a name

    monkeypatch.setattr(Path, "expanduser", nameless)
    with pytest.raises(BadInput, match="set HMRC_TUI_HOME"):
        Places.from_environment({})


def test_a_file_that_is_not_there_or_not_text_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="No such file"):
        load(Places.under(tmp_path), {}, tmp_path / "nowhere.toml")
    (tmp_path / "config.toml").write_bytes("utr = '£'".encode("utf-16"))
    with pytest.raises(BadInput, match="UTF-8"):
        load(Places.under(tmp_path), {})


def test_a_secret_value_is_never_in_the_message_about_it(tmp_path: Path) -> None:
    message = refused(tmp_path, HMRC_TUI_HMRC__ENVIRONMENT="simulator", HMRC_TUI_HMRC__CLIENT_SECRETS="s3cret")
    assert "s3cret" not in message


def test_the_example_documents_every_key_and_is_valid(tmp_path: Path) -> None:
    text = EXAMPLE.read_text()
    load(Places.under(tmp_path), {}, EXAMPLE)
    # Uncommenting every key must give a file that knows no unknown one.
    uncommented = re.sub(r"(?m)^# (?=[a-z_]+ = )", "", text)
    document = tomllib.loads(_last_of_each_key(uncommented))
    for table in msgspec.structs.fields(Settings):
        known = {field.name for field in msgspec.structs.fields(table.type)}
        named = {key if key in known else key.removesuffix("_file") for key in document[table.name]}
        assert named == known, table.name


def _last_of_each_key(text: str) -> str:
    """TOML refuses a key twice; the example shows some keys in two ways."""
    seen: set[tuple[str, str]] = set()
    kept: list[str] = []
    table = ""
    for line in text.splitlines():
        if line.startswith("["):
            table = line
        if match := re.match(r"([a-z_-]+) = ", line):
            if (table, match[1]) in seen:
                continue
            seen.add((table, match[1]))
        kept.append(line)
    return os.linesep.join(kept)


def test_a_folder_that_cannot_be_entered_is_one_line_that_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_self: Path) -> bool:
        raise PermissionError(13, "Permission denied")  # the tests' own user may be root, who enters anything

    monkeypatch.setattr(Path, "is_file", refuse)
    with pytest.raises(BadInput, match=r"Permission denied; make the folder yours, or set HMRC_TUI_HOME") as caught:
        load(Places.under(tmp_path), {})
    assert str(caught.value).startswith(str(tmp_path))
