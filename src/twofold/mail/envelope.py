"""From a rendered mail to the bytes and addresses that a mail server gets (RFC 5321, RFC 5322)."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage

from twofold.core.errors import SettingsError
from twofold.core.mail import LEASE, Mail, MailState
from twofold.mail import words
from twofold.ports import Rendered

_ADDRESS = re.compile(r"(?P<local>[^\s\x00-\x20\x7f<>@,;:\"()\[\]\\]+)@(?P<domain>[^\s<>@,;:]+)")
_SENDER = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]+)>|(?P<bare>[^<>]+)")
_LONGEST_ADDRESS = 254
"""Octets (RFC 5321 section 4.5.3.1.3, less the angle brackets)."""
_POLICY = policy.SMTP.clone(cte_type="7bit")
"""7-bit bodies, so that no server needs 8BITMIME, and CRLF everywhere, so that no bare line feed
can smuggle a second mail (CVE-2023-51764)."""


class UnwritableAddress(ValueError):
    """The address is not one that a mail can be sent to."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the conversation with a mail server needs."""

    sender: str
    receiver: str
    needs_utf8: bool
    """The receiver's address has letters outside ASCII before the @ (RFC 6531)."""
    content: bytes


def parse_sender(text: str) -> Address:
    """`Name <address>` or an address alone. Raises `SettingsError` in one sentence."""
    match = _SENDER.fullmatch(text.strip())
    if match is None:
        raise SettingsError("TWOFOLD_MAIL_FROM must look like Twofold <twofold@example.org>.")
    try:
        address = deliverable(match["bare"] or match["address"])
    except UnwritableAddress as problem:
        raise SettingsError(f"TWOFOLD_MAIL_FROM cannot be used: {problem}") from None
    if not address.isascii():
        raise SettingsError("TWOFOLD_MAIL_FROM needs an address of ASCII characters.")
    name = words.one_line((match["name"] or "").strip().strip('"'))
    return Address(display_name=name, addr_spec=address)


def deliverable(address: str) -> str:
    """`address` with its domain in ASCII (RFC 5890), as it stands in an envelope.

    Raises `UnwritableAddress` for what is not one plain address; quoted local parts are not
    supported.
    """
    match = _ADDRESS.fullmatch(address)
    if match is None:
        raise UnwritableAddress(f"{words.one_line(address)} is not an e-mail address.")
    try:
        domain = match["domain"].encode("idna").decode("ascii")
    except UnicodeError:
        raise UnwritableAddress(f"The domain of {address} cannot exist.") from None
    written = f"{match['local']}@{domain}"
    if not domain.isprintable() or len(written.encode()) > _LONGEST_ADDRESS:
        raise UnwritableAddress(f"{words.one_line(address)} is not an e-mail address.")
    return written


def seal(mail: Mail, rendered: Rendered, sender: Address, *, return_path: str) -> Envelope:
    """The mail as bytes, with its sender and receiver. Raises `UnwritableAddress`.

    The same mail has the same Message-ID in every attempt, so that one which was accepted twice
    (RFC 1047) is seen as one. Automatic replies are asked to stay away (RFC 3834). Reports of mail
    servers go to `return_path` (RFC 5321 section 4.4).
    """
    receiver = deliverable(mail.to_address)
    needs_utf8 = not receiver.isascii()
    message = EmailMessage(policy=_POLICY.clone(utf8=needs_utf8))
    message["From"] = sender
    message["To"] = receiver
    message["Subject"] = rendered.subject
    message["Date"] = datetime.fromtimestamp(_taken_up_at(mail), UTC)
    message["Message-ID"] = mail.message_id
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(rendered.text)
    message.add_alternative(rendered.html, subtype="html")
    return Envelope(return_path, receiver, needs_utf8, message.as_bytes())


def _taken_up_at(mail: Mail) -> int:
    """When the worker took this mail up.

    Mails that waited long for a first mail server would otherwise carry an old date, which spam
    filters hold against them.
    """
    return mail.next_at - LEASE if mail.state is MailState.SENDING else mail.created_at
