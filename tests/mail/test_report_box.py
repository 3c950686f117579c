"""Maildir, mbox and single messages."""

import io
import os
from pathlib import Path

import pytest

from tests.mail.reports import MAILERS, postfix
from twofold.core.mail_reports import MOST_BYTES, read
from twofold.mail.report_box import Maildir, Stream


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    """An empty Maildir."""
    for part in ("new", "cur", "tmp"):
        (tmp_path / "box" / part).mkdir(parents=True)
    return tmp_path / "box"


def test_a_maildir_is_read_in_the_order_of_delivery_and_emptied_into_cur(maildir: Path) -> None:
    """The content stays as it is; other programs see that it was read."""
    (maildir / "new" / "1795530726.2.mx").write_bytes(b"second")
    (maildir / "new" / "1795530725.1.mx").write_bytes(b"first")
    (maildir / "new" / ".hidden").write_bytes(b"no")
    box = Maildir(maildir)
    seen = []
    for name, content in box.messages():
        seen.append(content)
        box.done(name)
    assert seen == [b"first", b"second"]
    assert list(box.messages()) == []
    assert sorted(path.name for path in (maildir / "cur").iterdir()) == [
        "1795530725.1.mx:2,S",
        "1795530726.2.mx:2,S",
    ]
    assert (maildir / "cur" / "1795530725.1.mx:2,S").read_bytes() == b"first"


def test_what_another_reader_took_is_passed_over(maildir: Path) -> None:
    """Any number of workers look into one box."""
    for number in range(3):
        (maildir / "new" / str(number)).write_bytes(b"x")
    box, other = Maildir(maildir), Maildir(maildir)
    messages = box.messages()
    assert next(messages)[0] == "0"
    other.done("0")
    other.done("1")
    box.done("0")
    assert [name for name, _ in messages] == ["2"]


def test_no_link_no_pipe_and_no_folder_is_followed(maildir: Path, tmp_path: Path) -> None:
    """Somebody who can write into the box must not make us read another file, or wait for one."""
    secret = tmp_path / "keys"
    secret.write_bytes(b"secret")
    (maildir / "new" / "1").symlink_to(secret)
    os.mkfifo(maildir / "new" / "2")
    (maildir / "new" / "3").mkdir()
    (maildir / "new" / "4").write_bytes(b"whole")
    assert list(Maildir(maildir).messages()) == [("4", b"whole")]


def test_of_a_long_message_only_the_beginning_is_read(maildir: Path) -> None:
    """As much as the parser looks at."""
    (maildir / "new" / "1").write_bytes(b"z" * (2 * MOST_BYTES))
    ((_, content),) = Maildir(maildir).messages()
    assert len(content) == MOST_BYTES


def test_a_box_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """The caller says so."""
    with pytest.raises(FileNotFoundError):
        list(Maildir(tmp_path / "nowhere").messages())


@pytest.mark.parametrize("mailer", MAILERS)
def test_one_message_comes_out_as_it_went_in(mailer: str) -> None:
    """Piped by a mail server."""
    raw = MAILERS[mailer]("<1-2-3@twofold.mail>")
    assert [content for _, content in Stream(io.BytesIO(raw)).messages()] == [raw]


def test_a_message_with_the_envelope_line_of_a_pipe_is_read_without_it() -> None:
    """Some servers write `From ` in front."""
    raw = b"From MAILER-DAEMON Tue Nov 24 14:32:05 2026\n" + postfix()
    assert [content for _, content in Stream(io.BytesIO(raw)).messages()] == [postfix()]


def test_an_mbox_falls_into_its_messages() -> None:
    """At `From ` after an empty line; a quoted one inside is unquoted (RFC 4155)."""
    line = b"From MAILER-DAEMON Tue Nov 24 14:32:05 2026\n"
    told = b"Subject: x\n\n>From here on\nFrom inside a paragraph\n\n"
    raw = line + postfix() + b"\n" + line + told + line + postfix("<1@twofold.mail>")
    first, second, third = (content for _, content in Stream(io.BytesIO(raw)).messages())
    assert read(first) == read(postfix())
    assert second == told.replace(b">From", b"From")
    assert read(third)[0].message_id == "<1@twofold.mail>"


def test_a_stream_without_a_message_has_none() -> None:
    """An empty file is no error."""
    assert list(Stream(io.BytesIO(b"")).messages()) == []
    box = Stream(io.BytesIO(b"Subject: x\n"))
    ((name, _),) = box.messages()
    box.done(name)


def test_a_long_stream_is_read_to_its_end_and_kept_to_its_limit() -> None:
    """The writer's pipe must not break; the memory must not grow."""
    stream = io.BytesIO(b"a" * (5 * MOST_BYTES) + b"\n" + b"b\n" * MOST_BYTES)
    ((_, content),) = Stream(stream).messages()
    assert len(content) <= 2 * MOST_BYTES
    assert stream.read() == b""
