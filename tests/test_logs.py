"""Logs are JSON lines, and planted secrets do not come out of them."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from tests.conftest import quiet_logs
from twofold import logs

TOKEN = "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF"
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
HASH = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$dGFndGFndGFn"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Where the logs go during a test; the logging of the test run comes back afterwards."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    written = io.StringIO()
    logs.configure("INFO", written)
    yield written
    root.handlers[:] = before
    root.setLevel(level)
    logging.getLogger("twofold").setLevel(logging.NOTSET)
    quiet_logs()


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    """What was logged, one object per line."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_says_when_how_grave_where_and_what(stream: io.StringIO) -> None:
    """With the values as they were given."""
    structlog.get_logger("twofold.here").info("mail sent", mail_id="m1", attempts=2)
    (line,) = lines(stream)
    assert line.pop("timestamp", "").endswith("Z")  # type: ignore[attr-defined]
    assert line == {
        "event": "mail sent",
        "level": "info",
        "logger": "twofold.here",
        "mail_id": "m1",
        "attempts": 2,
    }


def test_what_libraries_log_has_the_same_form_from_warnings_on(stream: io.StringIO) -> None:
    """One format for everything that reaches stderr, and little of it."""
    logging.getLogger("uvicorn.error").info("started")
    logging.getLogger("uvicorn.error").warning("slow %s", "peer")
    (line,) = lines(stream)
    assert (line["event"], line["level"], line["logger"]) == (
        "slow peer",
        "warning",
        "uvicorn.error",
    )


@pytest.mark.parametrize("name", ["password", "token", "secret", "code", "Cookie", "authorization"])
def test_a_value_under_a_secret_name_is_hidden(stream: io.StringIO, name: str) -> None:
    """However deep it stands."""
    structlog.get_logger("twofold").info(
        "x", **{name: "planted-1"}, inner={"list": [{name: "planted-2"}]}
    )
    assert "planted" not in stream.getvalue()
    assert len(lines(stream)) == 1


@pytest.mark.parametrize(
    "planted",
    [
        f"https://login.example.org/enrol/{TOKEN}",
        f"otpauth://totp/A:b?secret={SECRET}&issuer=A",
        f"key {SECRET} shown",
        f"stored {HASH}",
        "smtp://ann:hunter2@mail.example.org refused",
    ],
)
def test_what_looks_like_a_secret_is_hidden_in_any_text(stream: io.StringIO, planted: str) -> None:
    """In messages, values, and tracebacks."""
    logger = structlog.get_logger("twofold")
    logger.info(planted, detail=planted, raw=planted.encode(), several=(planted,))
    logging.getLogger("library").error("said %s", planted)
    try:
        raise RuntimeError(planted)
    except RuntimeError:
        logger.exception("failed")
    written = stream.getvalue()
    assert len(lines(stream)) == 3
    for secret in (TOKEN, SECRET, HASH, "hunter2"):
        assert secret not in written
    assert "RuntimeError" in written


def test_a_traceback_shows_no_local_values(stream: io.StringIO) -> None:
    """A password in a local variable must not come along."""

    def check(password: str) -> None:
        raise ValueError(len(password))

    try:
        check("-".join(["hunter" + "2"] * 2))
    except ValueError:
        structlog.get_logger("twofold").exception("failed")
    assert "check" in stream.getvalue()
    assert "hunter2" not in stream.getvalue()


def test_ordinary_words_and_ids_stay_readable(stream: io.StringIO) -> None:
    """The net is not so fine that nothing is left to read."""
    given = "person 018f2b6e-7d1c-7c3a-9f53-1d6c5b0a9e11 signed in from 2001:db8::1 at 14:32:07"
    structlog.get_logger("twofold").info(given)
    assert lines(stream)[0]["event"] == given
