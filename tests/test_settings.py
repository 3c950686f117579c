"""Settings: where values come from, what is refused, and that secrets stay masked."""

import ast
import inspect
from dataclasses import FrozenInstanceError
from ipaddress import ip_network
from pathlib import Path

import pytest

from twofold.core.errors import SettingsError
from twofold.settings import NAMES, Settings, check_rows, load


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test starts in a folder without a settings file."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refusal(**environ: str) -> str:
    """The sentence with which these variables are refused."""
    with pytest.raises(SettingsError) as caught:
        load({f"TWOFOLD_{name}": value for name, value in environ.items()})
    return str(caught.value)


def test_nothing_needs_to_be_set(empty_folder: Path) -> None:
    """A first start works without a single setting."""
    settings = load({})
    assert settings.data_dir == empty_folder / "data"
    assert settings.database_url == f"sqlite:///{empty_folder}/data/twofold.db"
    assert settings.public_url == "http://localhost:8000"
    assert (settings.listen_host, settings.listen_port) == ("127.0.0.1", 8000)
    assert settings.smtp_url is None
    assert settings.mail_from == "Twofold <twofold@localhost>"
    assert (settings.argon2_memory_kib, settings.argon2_time) == (19456, 2)
    assert settings.password_pool >= 1


def test_the_environment_comes_before_the_file_and_the_file_before_the_default(
    empty_folder: Path,
) -> None:
    """Each value says where it came from."""
    (empty_folder / "twofold.toml").write_text(
        'public_url = "https://toml.example.org"\nlisten = "127.0.0.1:9001"\nargon2_time = 3\n'
    )
    settings = load({"TWOFOLD_LISTEN": "127.0.0.1:9002"})
    assert settings.listen == "127.0.0.1:9002"
    assert settings.public_url == "https://toml.example.org"
    assert settings.argon2_time == 3
    assert settings.origins["listen"] == "environment"
    assert settings.origins["public_url"] == str(empty_folder / "twofold.toml")
    assert settings.origins["smtp_url"] == "default"


def test_a_value_can_stand_in_a_file_of_its_own(empty_folder: Path) -> None:
    """What a container mounts as a secret is read without its last line end."""
    secret = empty_folder / "smtp"
    secret.write_text("smtp://ann:pw@mail.example.org\n")
    settings = load({"TWOFOLD_SMTP_URL_FILE": str(secret)})
    assert settings.smtp_url == "smtp://ann:pw@mail.example.org"
    assert settings.origins["smtp_url"] == f"environment, file {secret}"


def test_a_toml_file_may_name_such_a_file_too(empty_folder: Path) -> None:
    """`smtp_url_file` works like TWOFOLD_SMTP_URL_FILE."""
    (empty_folder / "smtp").write_text("smtps://mail.example.org")
    (empty_folder / "twofold.toml").write_text(f'smtp_url_file = "{empty_folder}/smtp"')
    assert load({}).smtp_url == "smtps://mail.example.org"


@pytest.mark.parametrize("name", NAMES)
def test_a_value_and_its_file_together_are_refused(name: str, empty_folder: Path) -> None:
    """Nobody has to guess which one counts."""
    (empty_folder / "value").write_text("1")
    upper = name.upper()
    sentence = refusal(**{upper: "1", f"{upper}_FILE": str(empty_folder / "value")})
    assert f"TWOFOLD_{upper} and TWOFOLD_{upper}_FILE are both given" in sentence


def test_a_missing_file_is_named(empty_folder: Path) -> None:
    """The sentence says which variable, which file, and why."""
    sentence = refusal(SMTP_URL_FILE=str(empty_folder / "none"))
    assert sentence.startswith("TWOFOLD_SMTP_URL_FILE names the file")
    assert "no such file" in sentence


def test_an_unknown_variable_is_an_error_with_a_suggestion() -> None:
    """A misspelt setting never fails silently."""
    assert refusal(PUBLIC_ULR="https://a.example") == (
        "TWOFOLD_PUBLIC_ULR (environment) is not a known setting. Did you mean TWOFOLD_PUBLIC_URL?"
    )


def test_an_unknown_key_of_the_file_is_an_error_with_a_suggestion(empty_folder: Path) -> None:
    """The same for the file."""
    (empty_folder / "twofold.toml").write_text('mail_form = "a@example.org"')
    assert refusal().endswith("is not a known setting. Did you mean mail_from?")


def test_a_file_that_is_not_toml_is_named(empty_folder: Path) -> None:
    """The sentence carries the position."""
    (empty_folder / "twofold.toml").write_text("public_url = \n")
    assert "is not TOML" in refusal()


def test_two_settings_files_are_refused(empty_folder: Path) -> None:
    """One in the working folder and one in the data folder: neither wins by accident."""
    (empty_folder / "data").mkdir()
    for folder in (empty_folder, empty_folder / "data"):
        (folder / "twofold.toml").write_text("argon2_time = 3")
    assert "two settings files" in refusal()
    assert load({"TWOFOLD_CONFIG": "twofold.toml"}).argon2_time == 3


def test_the_file_of_the_data_folder_is_found(empty_folder: Path) -> None:
    """An operator may keep everything in one place."""
    (empty_folder / "srv").mkdir()
    (empty_folder / "srv" / "twofold.toml").write_text("argon2_time = 4")
    assert load({"TWOFOLD_DATA_DIR": "srv"}).argon2_time == 4


def test_a_named_file_that_is_not_there_is_refused() -> None:
    """TWOFOLD_CONFIG is a promise that the file exists."""
    assert "cannot be read: no such file" in refusal(CONFIG="/nowhere/twofold.toml")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://login.example.org", "https://login.example.org"),
        ("https://Login.Example.ORG/", "https://login.example.org"),
        ("https://login.example.org:443", "https://login.example.org"),
        ("https://login.example.org:8443", "https://login.example.org:8443"),
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000"),
        ("http://[::1]:9000", "http://[::1]:9000"),
    ],
)
def test_a_public_url_has_one_normal_form(given: str, kept: str) -> None:
    """Origins are compared as text, so there is one spelling."""
    assert load({"TWOFOLD_PUBLIC_URL": given}).public_url == kept


@pytest.mark.parametrize(
    "url",
    [
        "http://login.example.org",
        "http://localhost.example.org",
        "https://login.example.org/twofold",
        "https://login.example.org/?a=b",
        "https://login.example.org#x",
        "https://ann:pw@login.example.org",
        "https://",
        "https://login.example.org:0",
        "https://login.example.org:99999",
        "https://lo gin.example.org",
        "https://exämple.org",
        "ftp://login.example.org",
        "login.example.org",
        "",
    ],
)
def test_a_public_url_that_cannot_work_is_refused(url: str) -> None:
    """http is for localhost alone; a path, a query or a name in it is a mistake."""
    assert refusal(PUBLIC_URL=url).startswith("TWOFOLD_PUBLIC_URL (environment) ")


@pytest.mark.parametrize(
    ("given", "host", "port"),
    [("0.0.0.0:80", "0.0.0.0", 80), ("[::]:8000", "::", 8000), ("localhost:9", "localhost", 9)],
)
def test_an_address_to_listen_on_is_split(given: str, host: str, port: int) -> None:
    """IPv6 addresses stand in brackets."""
    settings = load({"TWOFOLD_LISTEN": given})
    assert (settings.listen_host, settings.listen_port) == (host, port)


@pytest.mark.parametrize(
    "listen", ["8000", ":8000", "::1:8000", "a:b", "a:0", "a:65536", "a:٣", ""]
)
def test_an_address_that_cannot_be_listened_on_is_refused(listen: str) -> None:
    """Each with the same setting's name in front."""
    assert refusal(LISTEN=listen).startswith("TWOFOLD_LISTEN (environment) ")


def test_the_default_public_url_follows_the_port() -> None:
    """Whoever moves the port alone still gets links that work."""
    assert load({"TWOFOLD_LISTEN": "127.0.0.1:9123"}).public_url == "http://localhost:9123"


def test_the_default_sender_follows_the_public_url() -> None:
    """Mail from a host that the organisation owns."""
    settings = load({"TWOFOLD_PUBLIC_URL": "https://login.example.org"})
    assert settings.mail_from == "Twofold <twofold@login.example.org>"


def test_postgresql_is_reached_through_psycopg() -> None:
    """Operators write the usual URL."""
    settings = load({"TWOFOLD_DATABASE_URL": "postgresql://ann:pw@db/twofold"})
    assert settings.database_url == "postgresql+psycopg://ann:pw@db/twofold"


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///", "sqlite:///:memory:", "mysql://a/b", "postgresql://host", ""]
)
def test_a_database_that_cannot_be_used_is_refused(url: str) -> None:
    """No file, no database name, or another engine."""
    assert refusal(DATABASE_URL=url).startswith("TWOFOLD_DATABASE_URL (environment) ")


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.org",
        "http://mail.example.org",
        "smtp://",
        "smtp://mail.example.org/x",
        "smtp://mail.example.org:0",
        "smtp://ann@mail.example.org",
        "smtp://mail.example.org?tls=1",
        "smtp://mail.example.org?starttls=maybe",
        "smtps://mail.example.org?starttls=required",
    ],
)
def test_a_mail_server_that_cannot_be_used_is_refused(url: str) -> None:
    """At the start, and not when the first mail is due."""
    assert refusal(SMTP_URL=url).startswith("TWOFOLD_SMTP_URL ")


@pytest.mark.parametrize("sender", ["", "twofold", "@example.org", "a@", "A\nB: c <a@b.example>"])
def test_a_sender_that_is_no_address_is_refused(sender: str) -> None:
    """A line break would let a setting write mail headers."""
    assert refusal(MAIL_FROM=sender).startswith("TWOFOLD_MAIL_FROM (environment) ")


@pytest.mark.parametrize("value", ["", "x", "-1", "1.5", "0", "65", "٣"])
def test_a_number_outside_its_range_is_refused(value: str) -> None:
    """Digits are ASCII digits."""
    assert refusal(PASSWORD_POOL=value).startswith("TWOFOLD_PASSWORD_POOL (environment) ")


def test_a_password_cost_below_the_recommended_ones_is_refused() -> None:
    """Memory and passes may be traded against each other, but not both be small."""
    assert "at least 35840" in refusal(ARGON2_TIME="1")
    cheap = {"TWOFOLD_ARGON2_MEMORY_KIB": "7168", "TWOFOLD_ARGON2_TIME": "5"}
    assert load(cheap).argon2_time == 5


def test_secrets_are_masked_wherever_settings_are_shown() -> None:
    """Neither `config check`, nor a repr, nor an error shows a password."""
    environ = {
        "TWOFOLD_SMTP_URL": "smtp://ann:hunter2@mail.example.org:587",
        "TWOFOLD_DATABASE_URL": "postgresql://ann:hunter2@db/twofold?password=hunter2",
    }
    settings = load(environ)
    shown = "".join(row.value for row in check_rows(settings))
    assert "ann:•••@mail.example.org:587" in shown
    assert "hunter2" not in shown + repr(settings) + str(settings)
    assert "hunter" not in refusal(SMTP_URL="smtp://ann:hunter/2@mail.example.org")


def test_settings_cannot_be_changed() -> None:
    """One frozen object for the life of the process."""
    settings = load({})
    with pytest.raises(FrozenInstanceError):
        settings.listen = "0.0.0.0:1"  # type: ignore[misc]


def test_every_setting_is_documented_where_it_is_declared() -> None:
    """The text under a field is what the operator's page shows."""
    declared = ast.parse(inspect.getsource(Settings)).body[0]
    assert isinstance(declared, ast.ClassDef)
    pairs = zip(declared.body, declared.body[1:], strict=False)
    documented = [
        field.target.id
        for field, text in pairs
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
    ]
    assert documented == [*NAMES, "origins"]


def test_trusted_proxies_are_addresses_and_networks(empty_folder: Path) -> None:
    """With commas between, or as a list in the file; nobody is trusted by default."""
    assert load({}).trusted_proxies == ()
    expected = (ip_network("127.0.0.1/32"), ip_network("10.1.0.0/16"), ip_network("fd00::/8"))
    given = load({"TWOFOLD_TRUSTED_PROXIES": " 127.0.0.1, 10.1.0.0/16,fd00::/8, "})
    assert given.trusted_proxies == expected
    (empty_folder / "twofold.toml").write_text(
        'trusted_proxies = ["127.0.0.1", "10.1.0.0/16", "fd00::/8"]'
    )
    assert load({}).trusted_proxies == expected
    rows = {row.name: row.value for row in check_rows(given)}
    assert rows["TWOFOLD_TRUSTED_PROXIES"] == "127.0.0.1/32, 10.1.0.0/16, fd00::/8"
    assert load({"TWOFOLD_TRUSTED_PROXIES": ""}).trusted_proxies == ()


@pytest.mark.parametrize(
    "value",
    ["proxy.example.org", "10.1.0.1/16", "10.0.0.0/33", "*", "10.0.0.0 10.0.0.1", "010.0.0.1"],
)
def test_a_proxy_that_is_no_address_is_refused(value: str) -> None:
    """A name would have to be looked up, and a host inside a network is a slip."""
    sentence = refusal(TRUSTED_PROXIES=value)
    assert sentence.startswith(f"TWOFOLD_TRUSTED_PROXIES (environment) holds '{value}', which is")


@pytest.mark.parametrize("value", ["0.0.0.0/0", "::/0"])
def test_nobody_can_trust_everybody(value: str) -> None:
    """The address of a request would then be what its sender says."""
    assert "everybody" in refusal(TRUSTED_PROXIES=f"127.0.0.1, {value}")


@pytest.mark.parametrize("value", ["ntp.example.org", "ntp.example.org:1123", "[2001:db8::1]:123"])
def test_a_time_server_may_be_named(value: str) -> None:
    """As one writes it; empty is none."""
    assert load({"TWOFOLD_NTP_SERVER": f" {value} "}).ntp_server == value
    assert load({"TWOFOLD_NTP_SERVER": ""}).ntp_server is None
    assert load({}).ntp_server is None


@pytest.mark.parametrize("value", ["ntp://a.example", "a b", "a.example:0", "a.example:x", ":123"])
def test_a_time_server_that_cannot_be_is_refused(value: str) -> None:
    """With how it must look."""
    assert "must look like ntp.example.org" in refusal(NTP_SERVER=value)


def test_reports_go_to_the_sender_unless_another_address_is_named() -> None:
    """The envelope sender; nothing is read and the hook is off by default."""
    settings = load({"TWOFOLD_MAIL_FROM": "Maple <hello@maple.example>"})
    assert settings.mail_return_path == "hello@maple.example"
    assert (settings.mail_reports, settings.mail_report_token) == (None, None)
    named = load({"TWOFOLD_MAIL_RETURN_PATH": " bounces@maple.example "})
    assert named.mail_return_path == "bounces@maple.example"
    assert load({"TWOFOLD_MAIL_REPORTS": "", "TWOFOLD_MAIL_REPORT_TOKEN": ""}).mail_reports is None
    assert load({"TWOFOLD_MAIL_REPORTS": "box"}).mail_reports == Path("box").absolute()


@pytest.mark.parametrize("value", ["", "bounces", "a@b@c", "A <a@b.example>", "ä@b.example"])
def test_a_return_path_is_one_plain_address(value: str) -> None:
    """It stands in an envelope."""
    assert "must look like bounces@example.org" in refusal(MAIL_RETURN_PATH=value)


@pytest.mark.parametrize("value", ["short", "a" * 31, "a" * 513, "ä" * 40, "a b" * 20])
def test_a_token_that_could_be_guessed_or_sent_wrongly_is_refused(value: str) -> None:
    """And the sentence says how to make one, without repeating it."""
    said = refusal(MAIL_REPORT_TOKEN=value)
    assert "openssl rand -hex 32" in said
    assert value not in said or value == "short"


def test_nothing_of_the_token_is_shown() -> None:
    """Neither by `config check` nor by a repr."""
    settings = load({"TWOFOLD_MAIL_REPORT_TOKEN": "hunter2" * 6})
    rows = {row.name: row.value for row in check_rows(settings)}
    assert rows["TWOFOLD_MAIL_REPORT_TOKEN"] == "•••"
    assert "hunter2" not in repr(settings) + str(rows)
