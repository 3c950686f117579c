"""What mail servers say of our mails after they took them (RFC 3464, RFC 6522).

A report is a mail that anybody may send, so nothing in it is believed for itself. It can name one
of our mails by its Message-ID, which has 62 random bits and is seen by the receiver and the mail
servers on the way alone. Where a server returns nothing of ours, address and time must do; what
may follow from which is decided in `flows/mail_reports.py`.

The message is cut at the boundaries here, with limits for its size, depth and number of parts,
because a parser that goes as deep as the message says can be driven out of its stack.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.errors import MessageError
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime
from enum import StrEnum

from twofold.core.people import Instant

MOST_BYTES = 256 * 1024
"""How much of a message is looked at. The report stands in front of what is returned."""
_MOST_DEPTH, _MOST_PARTS, _MOST_GROUPS, _MOST_FIELDS = 3, 20, 10, 50
_LONGEST_DETAIL, _LONGEST_ADDRESS = 300, 254
_STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")
_RETURNED_TYPES = (
    "message/rfc822",
    "message/rfc822-headers",
    "message/global",
    "message/global-headers",
    "text/rfc822-headers",
)
_OURS = re.compile(r"<[A-Za-z0-9-]{1,64}@twofold\.mail>")
_CODE = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_GROUPS = re.compile(r"\n[ \t]*\n")
_SECRET = re.compile(r"[A-Za-z0-9_-]{43,}")
"""As long as the token of a link: a server may repeat an address that it did not like."""
_TYPED = re.compile(r"[A-Za-z0-9-]+\s*;\s*")
_MEANINGS = {
    "5.1": "The address does not exist.",
    "5.2": "The mailbox does not take the mail.",
    "5.3": "The mail server there does not take the mail.",
    "5.4": "No way to the mail server there was found.",
    "5.7": "The mail server there refuses it.",
}
_BODY_OF_OLD_EXIM = "text/plain"


class Action(StrEnum):
    """What became of the mail (RFC 3464 section 2.3.3)."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"


@dataclass(frozen=True, slots=True)
class Report:
    """What a server says about one mail to one receiver."""

    message_id: str
    """The Message-ID of a mail of ours with its angle brackets, or "" where none is returned."""
    recipient: str
    """The address that it is about, as we wrote it if that is said; or ""."""
    action: Action
    status: str
    """The enhanced status code such as `5.1.1` (RFC 3463), or ""."""
    detail: str
    """One sentence about why, in the server's words where it has any, safe to show to an admin."""
    taken_at: Instant | None
    """When the reporting server took the mail from us, by its clock, as far as it says so."""

    @property
    def is_final(self) -> bool:
        """The mail will not arrive. A server that gives up after days says *failed* with the
        code of a passing trouble (RFC 3464 section 2.3.3); one that says *failed* with the code
        of a success says nothing.
        """
        return self.action is Action.FAILED and not self.status.startswith("2")


def read(raw: bytes) -> tuple[Report, ...]:
    """All that a message (its bytes) reports; nothing for a message that is no report."""
    top = _headers(raw[:MOST_BYTES])
    if top is None:
        return ()
    parts = list(_leaves(top))
    returned = [part for kind, part in parts if kind in _RETURNED_TYPES]
    head = next((found for one in returned if (found := _headers(one)) is not None), None)
    status = next((part for kind, part in parts if kind in _STATUS_TYPES), None)
    if status is None:
        return _of_old_exim(top, parts)
    groups = [_fields(text) for text in _GROUPS.split(_text(status).strip())][: _MOST_GROUPS + 1]
    first = groups[0]
    message_id = _message_id(top, first, head)
    taken_at = _moment(first.get("arrival-date")) or _moment(_header(head, "Date"))
    reports = (_of_group(fields, message_id, taken_at) for fields in groups)
    return tuple(report for report in reports if report is not None)


def from_values(values: object) -> Report | str:
    """A report as a mail provider's hook posts it: `message_id`, `action`, and where it has them
    `status` and `detail`, all text. Otherwise a sentence about what is wrong.
    """
    if not isinstance(values, Mapping):
        return "Each report is an object with message_id, action, status and detail."
    given = {name: values.get(name, "") for name in ("message_id", "action", "status", "detail")}
    if not all(isinstance(value, str) for value in given.values()):
        return "message_id, action, status and detail are text."
    message_id = _first_of_ours(f"<{given['message_id'].strip().strip('<>')}>")
    if not message_id:
        return "message_id is not one of ours: they end in @twofold.mail."
    try:
        action = Action(given["action"].strip().lower())
    except ValueError:
        return f"action is one of {', '.join(Action)}."
    status = _status(given["status"])
    return Report(message_id, "", action, status, _detail(given["detail"], status), None)


# ---- the message and its parts ---------------------------------------------------------------


def _headers(raw: bytes) -> Message | None:
    """The headers of a message with its body as one text, not taken apart."""
    try:
        return BytesHeaderParser().parsebytes(raw)
    except (MessageError, ValueError, LookupError):
        return None


def _leaves(message: Message, depth: int = 0) -> Iterator[tuple[str, bytes]]:
    """Content type and content of each part; what is returned to us is one part as it stands."""
    kind, boundary, body = _opened(message)
    if not kind.startswith("multipart/"):
        yield kind, body
    elif boundary and depth < _MOST_DEPTH:
        for piece in _cut(body, boundary):
            inner = _headers(piece)
            if inner is not None:
                yield from _leaves(inner, depth + 1)


def _opened(message: Message) -> tuple[str, str, bytes]:
    """Content type, boundary and decoded body of a part; nothing where its headers are broken."""
    try:
        body = message.get_payload(decode=True)
        kind, boundary = message.get_content_type(), message.get_boundary("")
    except (MessageError, ValueError, LookupError, TypeError):
        return "", "", b""
    return kind, str(boundary), body if isinstance(body, bytes) else b""


def _cut(body: bytes, boundary: str) -> Sequence[bytes]:
    """The pieces between the boundary's lines (RFC 2046 section 5.1.1)."""
    line = re.compile(
        rb"^--" + re.escape(boundary.encode("ascii", "replace")) + rb"(--)?[ \t]*\r?$", re.MULTILINE
    )
    pieces: list[bytes] = []
    begin = None
    for found in line.finditer(body):
        if begin is not None:
            pieces.append(body[begin : found.start()].lstrip(b"\r\n"))
        begin = found.end()
        if found.group(1) or len(pieces) >= _MOST_PARTS:
            return pieces
    # A message that was cut off in what it returns still has its report.
    return pieces if begin is None else [*pieces, body[begin:].lstrip(b"\r\n")]


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace").replace("\r\n", "\n")


# ---- what a report says ----------------------------------------------------------------------


def _fields(text: str) -> dict[str, str]:
    """The fields of one group by name in lower case; the first of a name counts."""
    found: dict[str, str] = {}
    for line in re.sub(r"\n[ \t]+", " ", text).split("\n")[:_MOST_FIELDS]:
        name, colon, value = line.partition(":")
        if colon:
            found.setdefault(name.strip().lower(), value.strip())
    return found


def _of_group(
    fields: Mapping[str, str], message_id: str, taken_at: Instant | None
) -> Report | None:
    """What one group says about one receiver; None for a group about the message as a whole."""
    action = re.match(r"[a-z]+", fields.get("action", "").lower())
    if action is None or action.group() not in set(Action):
        return None
    said = _TYPED.sub("", fields.get("diagnostic-code", ""), count=1)
    status = _status(fields.get("status", ""))
    return Report(
        message_id=message_id,
        recipient=_address(fields.get("original-recipient") or fields.get("final-recipient", "")),
        action=Action(action.group()),
        status=status,
        detail=_detail(said, status),
        taken_at=taken_at,
    )


def _of_old_exim(top: Message, parts: Sequence[tuple[str, bytes]]) -> tuple[Report, ...]:
    """Exim before 4.85, and mailers like it, write a text for people: the receivers stand in a
    header, which only a failure carries, and our mail is repeated at the end of the text.
    """
    failed = _header(top, "X-Failed-Recipients")
    text = "\n".join(_text(content) for kind, content in parts if kind == _BODY_OF_OLD_EXIM)
    if not failed or not text:
        return ()
    message_id = _first_of_ours(text) or _message_id(top, {}, None)
    code = _CODE.search(text)
    status = code.group() if code and code.group(1) == "5" else ""
    answer = re.search(r"^.*\b5\d\d[ -].*$", text, re.MULTILINE)
    detail = _detail(answer.group() if answer else "", status)
    addresses = [_address(one) for one in failed.split(",")[:_MOST_GROUPS]]
    return tuple(
        Report(message_id, address, Action.FAILED, status, detail, None) for address in addresses
    )


def _message_id(top: Message, first: Mapping[str, str], head: Message | None) -> str:
    """Which mail of ours it is about: by what is returned, else by what the server refers to."""
    places = (
        _header(head, "Message-ID"),
        first.get("x-original-message-id", ""),
        first.get("original-message-id", ""),
        _header(top, "In-Reply-To"),
        _header(top, "References"),
    )
    return next((found for place in places if (found := _first_of_ours(place))), "")


def _first_of_ours(text: str) -> str:
    found = _OURS.search(text)
    return found.group() if found else ""


def _header(message: Message | None, name: str) -> str:
    """A header as text, "" where there is none or it cannot be read."""
    value = None if message is None else message.get(name)
    return "" if value is None else " ".join(str(value).split())


def _address(typed: str) -> str:
    """`rfc822; ann@example.org` without its type and angle brackets."""
    address = _plain(_TYPED.sub("", typed, count=1)).strip("<>").strip()
    return address if "@" in address and len(address) <= _LONGEST_ADDRESS else ""


def _status(text: str) -> str:
    found = _CODE.search(text)
    return found.group() if found else ""


def _detail(said: str, status: str) -> str:
    """The server's words on one line and without anything that could be a link's token."""
    plain = _SECRET.sub("…", _plain(said))
    if not plain:
        meaning = _MEANINGS.get(status.rpartition(".")[0], "The mail server gives no reason.")
        return f"{status} {meaning}".strip()
    return plain if len(plain) <= _LONGEST_DETAIL else plain[: _LONGEST_DETAIL - 1].rstrip() + "…"


def _plain(text: str) -> str:
    """`text` on one line, without control characters, bidirectional overrides and surrogates."""
    kept = (char if char.isprintable() else " " for char in text[: 8 * _LONGEST_DETAIL])
    return " ".join("".join(kept).split())


def _moment(date: str | None) -> Instant | None:
    """An RFC 5322 date in seconds since the epoch, None where it cannot be read."""
    try:
        return int(parsedate_to_datetime(date or "").timestamp())
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
