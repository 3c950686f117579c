"""Reading the address of a mail server."""

from pathlib import Path

import pytest

from twofold.core.errors import SettingsError
from twofold.mail.smtp import parse_smtp_url
from twofold.mail.smtp_url import MailServer, Tls


@pytest.mark.parametrize(
    ("url", "port", "tls"),
    [
        ("smtp://localhost", 25, Tls.OFFERED),
        ("smtp://127.0.0.1:2525", 2525, Tls.OFFERED),
        ("smtp://[::1]:2525", 2525, Tls.OFFERED),
        ("smtp://localhost?starttls=required", 25, Tls.REQUIRED),
        ("smtp://n:p@localhost", 587, Tls.REQUIRED),
        ("smtp://n:p@localhost:25?starttls=off", 25, Tls.OFF),
        ("smtp://mail.example.org", 25, Tls.REQUIRED),
        ("smtp://192.0.2.1", 25, Tls.REQUIRED),
        ("smtp://mail.example.org?starttls=off", 25, Tls.OFF),
        ("smtps://mail.example.org", 465, Tls.IMPLICIT),
        ("smtps://n:p@mail.example.org:8465/", 8465, Tls.IMPLICIT),
    ],
)
def test_port_and_encryption_follow_from_the_url(url: str, port: int, tls: Tls) -> None:
    """Nothing goes unencrypted to another machine, or with a password, unless the URL says so."""
    server = parse_smtp_url(url)
    assert (server.port, server.tls) == (port, tls)


def test_name_and_password_are_percent_decoded() -> None:
    """Any character can be written, and the password does not show when the value is printed."""
    server = parse_smtp_url("smtp://ann%40example.org:s%3A%2F%23%C3%B6%25@mail.example.org")
    assert (server.name, server.password) == ("ann@example.org", "s:/#ö%")
    assert "s:/#ö%" not in repr(server)


def test_a_certificate_file_may_be_named(tmp_path: Path) -> None:
    """For a private authority."""
    path = tmp_path / "ca.pem"
    path.write_text("")
    assert parse_smtp_url(f"smtps://mail.example.org?ca={path}") == MailServer(
        "mail.example.org", 465, Tls.IMPLICIT, "", "", path
    )


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.example.org",
        "http://mail.example.org",
        "smtp://",
        "smtp://:s3cret@",
        "smtp://mail.example.org:0",
        "smtp://mail.example.org:70000",
        "smtp://mail.example.org:port",
        "smtp://[::1",
        "smtp://mail.example.org/inbox",
        "smtp://n:s3cret#1@mail.example.org",
        "smtp://n@mail.example.org",
        "smtp://:s3cret@mail.example.org",
        "smtp://n:s3cret%0d%0aRSET@mail.example.org",
        "smtp://n:s3cret@mail.example.org?starttls=maybe",
        "smtp://n:s3cret@mail.example.org?starttls=",
        "smtp://n:s3cret@mail.example.org?starttls=off&starttls=required",
        "smtp://n:s3cret@mail.example.org?tls=off",
        "smtp://n:s3cret@mail.example.org?ca=/nowhere/ca.pem",
        "smtps://n:s3cret@mail.example.org?starttls=required",
    ],
)
def test_what_cannot_be_used_is_refused_in_a_sentence_without_the_password(url: str) -> None:
    """The sentence begins with the setting's name and ends with a full stop."""
    with pytest.raises(SettingsError) as refused:
        parse_smtp_url(url)
    assert str(refused.value).startswith("TWOFOLD_SMTP_URL ")
    assert str(refused.value).endswith(".")
    assert "s3cret" not in str(refused.value)
