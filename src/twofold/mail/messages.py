"""What mails say: one pair of templates for each kind, rendered when a mail is sent or read.

The text template's first line is the subject. Both parts get the same values; a value that a
template names and a mail does not carry is an error (`StrictUndefined`), never an empty place.
The HTML uses inline styles alone and no picture; it leaves paper and ink to the mail program, so
that light and dark both read as the receiver set them.
"""

from collections.abc import Mapping

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from twofold.core.mail import MailKind, MailState
from twofold.mail import words
from twofold.ports import Letter, Rendered

LINK_PATHS: Mapping[MailKind, str] = {
    MailKind.INVITATION: "invitation",
    MailKind.SWITCHED_ON: "enrol",
    MailKind.REMINDER: "enrol",
    MailKind.ENROL_LINK: "enrol",
    MailKind.PASSWORD_LINK: "password",
    MailKind.BROWSER_LINK: "sign-in/link",
    MailKind.CODE_LINK: "sign-in/code/link",
    MailKind.ADDRESS_LINK: "address",
    MailKind.WAIT_LINK: "wait",
    MailKind.WAIT_NOTICE: "wait/stop",
    MailKind.WAIT_OPEN: "recover",
    MailKind.WAIT_OVER: "wait/stop",
    MailKind.SET_UP_AGAIN: "recover",
}
"""The kinds with a one-time link, and the path that stands before its token."""

HIDDEN_LINK = "the one-time link is shown only to its receiver"
"""What stands in place of a one-time link for everybody else."""

_TIMES = ("at", "expires_at", "started_at", "ends_at")
_FOREIGN = ("browser", "passkey", "new_name")
"""Texts that whoever caused the mail may have chosen."""
_SINCE_ADDED: Mapping[MailKind, Mapping[str, str]] = {
    MailKind.INVITATION: {"deadline": ""},
    MailKind.SWITCHED_ON: {"deadline": ""},
}
"""What mails that an earlier version wrote do not carry."""
_ON_THEIR_WAY = (MailState.QUEUED, MailState.SENDING)

Value = str | int | None


class MailTemplates:
    """Renders mails (`ports.Postbox`). Safe to use from several threads."""

    def __init__(self, public_url: str) -> None:
        """`public_url` is scheme, host and port, without a slash at the end."""
        self._public_url = public_url.rstrip("/")
        self._templates = _environment()

    def render(self, letter: Letter, *, hide_links: bool = False) -> Rendered:
        """The mail as it will be sent.

        With `hide_links`, and for mails whose token is gone because they were sent, words stand
        in place of the one-time link. Raises `jinja2.UndefinedError` if the mail lacks a value.
        """
        values = self._values(letter, hide_links=hide_links)
        kind = letter.mail.kind.value
        in_text = {key: _for_text(value) for key, value in values.items()}
        plain = self._templates.get_template(f"{kind}.txt").render(in_text)
        subject, _, text = plain.partition("\n")
        html = self._templates.get_template(f"{kind}.html").render(values)
        return Rendered(
            subject=words.one_line(subject),
            text=words.wrapped(text),
            html=html.strip() + "\n",
        )

    def _values(self, letter: Letter, *, hide_links: bool) -> dict[str, Value]:
        params = dict(letter.mail.params)
        token = params.pop("token", None)
        values: dict[str, Value] = dict(_SINCE_ADDED.get(letter.mail.kind, {}))
        values |= {key: _readable(key, value) for key, value in params.items()}
        values |= {
            "name": words.one_line(letter.person.name),
            "organisation": words.one_line(letter.account.name),
            "public_url": self._public_url,
        }
        if letter.mail.kind in LINK_PATHS and (token or not _needs_token(letter, hide_links)):
            values["link"] = None if hide_links or not token else self._link(letter, token)
        return values

    def _link(self, letter: Letter, token: str | int) -> str:
        return f"{self._public_url}/{LINK_PATHS[letter.mail.kind]}/{token}"


def _needs_token(letter: Letter, hide_links: bool) -> bool:
    """Whether rendering without a token would send somebody a mail without its link."""
    return not hide_links and letter.mail.state in _ON_THEIR_WAY


def _readable(key: str, value: str | int) -> str | int:
    if key in _TIMES:
        return words.clock_time(int(value))
    if key in _FOREIGN:
        return words.foreign(value)
    if key == "address":
        return words.network_address(value)
    return words.one_line(value) if isinstance(value, str) else value


def _for_text(value: Value) -> Value:
    return words.isolated(value) if isinstance(value, str) else value


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("twofold.mail", "templates"),
        autoescape=select_autoescape(["html"], default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals["hidden_link"] = HIDDEN_LINK
    environment.filters["shortened"] = words.shortened
    return environment
