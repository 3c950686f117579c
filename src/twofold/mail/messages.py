"""What mails say: one pair of templates for each kind, rendered when a mail is sent or read.

The text template's first line is the subject. Both parts get the same values; a value that a
template names and a mail does not carry is an error (`StrictUndefined`), never an empty place.
The HTML uses inline styles alone and no picture; it leaves paper and ink to the mail program, so
that light and dark both read as the receiver set them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    PackageLoader,
    StrictUndefined,
    UndefinedError,
    select_autoescape,
)

from twofold.core.digests import unpacked
from twofold.core.languages import FIRST, language_of
from twofold.core.mail import MailKind, MailState
from twofold.core.mail_texts import (
    DAYS_LEFT,
    DEADLINE,
    GROUP,
    HOW_MANY,
    NAME,
    ORGANISATION,
    PEOPLE,
    MailText,
    filled,
    pieces,
)
from twofold.mail import words
from twofold.mail.languages import HIDDEN_LINK, WORDS, Words
from twofold.ports import Letter, Rendered

__all__ = ["HIDDEN_LINK", "LINK_PATHS", "OPENS_NOTHING", "MailTemplates"]

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

_TIMES = ("at", "expires_at", "started_at", "ends_at")
_FOREIGN = ("browser", "passkey", "new_name")
"""Texts that whoever caused the mail may have chosen."""
_DEADLINES = ("deadline", "before")
"""Moments that were written down in words when the mail was."""
_SINCE_ADDED: Mapping[MailKind, Mapping[str, str]] = {
    MailKind.INVITATION: {"deadline": ""},
    MailKind.SWITCHED_ON: {"deadline": ""},
}
"""What mails that an earlier version wrote do not carry."""
_OF_A_TEST = ("shown", "language", "subject", "body", "admin", "deadline", "days_left",
              "expires_at")  # fmt: skip
"""What a test of a text carries, whichever mail it shows."""
OPENS_NOTHING = "this-is-a-test-and-opens-nothing"
"""In place of the token in a test of a text. No link has such a token."""
_ON_THEIR_WAY = (MailState.QUEUED, MailState.SENDING)

Beside = tuple[str, str]
"""Somebody's name and what stands beside it."""
Value = str | int | tuple[Beside, ...] | None
_FOLDERS = "templates"


@dataclass(frozen=True, slots=True)
class _Shown:
    """Which mail is to be written: for a test of a text, the mail that it tests."""

    kind: MailKind
    language: str
    text: MailText | None


class MailTemplates:
    """Renders mails (`ports.Postbox`). Safe to use from several threads."""

    def __init__(self, public_url: str) -> None:
        """`public_url` is scheme, host and port, without a slash at the end."""
        self._public_url = public_url.rstrip("/")
        self._templates = {code: _environment(said) for code, said in WORDS.items()}
        self._written = {code: _own_templates(code) for code in WORDS}

    def render(self, letter: Letter, *, hide_links: bool = False) -> Rendered:
        """The mail as it will be sent, in the person's language where it is written in it.

        With `hide_links`, and for mails whose token is gone because they were sent, words stand
        in place of the one-time link. Raises `jinja2.UndefinedError` if the mail lacks a value.
        """
        shown = self._shown(letter)
        said = WORDS[shown.language]
        values = self._values(letter, said, hide_links=hide_links)
        in_text = {key: _for_text(value) for key, value in values.items()}
        if shown.text is not None:
            return self._own(shown, said, values, in_text)
        templates, kind = self._templates[said.code], shown.kind.value
        plain = templates.get_template(f"{kind}.txt").render(in_text)
        subject, _, text = plain.partition("\n")
        html = templates.get_template(f"{kind}.html").render(values)
        return Rendered(
            subject=words.one_line(subject),
            text=words.wrapped(text),
            html=html.strip() + "\n",
        )

    def beginning(self, kind: MailKind, language: str) -> MailText:
        """The text with which an admin begins who writes one of their own, with its places."""
        templates = self._templates[language]
        assert isinstance(templates.loader, BaseLoader)
        source, _, _ = templates.loader.get_source(templates, f"{kind.value}.start")
        subject, _, body = source.partition("\n")
        return MailText(subject, body.strip())

    def _shown(self, letter: Letter) -> _Shown:
        if letter.mail.kind is MailKind.TEXT_TEST:
            kind, language, subject, body, *_ = [str(_given(letter, name)) for name in _OF_A_TEST]
            return _Shown(MailKind(kind), language, MailText(subject, body))
        language = language_of(letter.account, letter.person)
        if f"{letter.mail.kind.value}.html" not in self._written[language]:
            language = FIRST
        return _Shown(letter.mail.kind, language, letter.text)

    def _own(
        self,
        shown: _Shown,
        said: Words,
        values: Mapping[str, Value],
        in_text: Mapping[str, Value],
    ) -> Rendered:
        """A mail of an admin's text in our frame: what we say for their safety stays."""
        assert shown.text is not None
        fill, fill_text = _places(values, said), _places(in_text, said)
        subject = words.one_line(filled(shown.text.subject, fill))
        body = _clean(shown.text.body)
        more = {"own_subject": subject, "admin": values.get("admin", "")}
        templates = self._templates[said.code]
        plain = templates.get_template("_edited.txt").render(
            {**in_text, **more, "pieces": pieces(body, fill_text)}
        )
        html = templates.get_template("_edited.html").render(
            {**values, **more, "pieces": pieces(body, fill)}
        )
        text = plain.partition("\n")[2]
        return Rendered(subject, words.wrapped_lines(text), html.strip() + "\n")

    def _values(self, letter: Letter, said: Words, *, hide_links: bool) -> dict[str, Value]:
        params = dict(letter.mail.params)
        token = params.pop("token", None)
        values: dict[str, Value] = dict(_SINCE_ADDED.get(letter.mail.kind, {}))
        values |= {key: _readable(key, value, said) for key, value in params.items()}
        values |= {
            "name": words.one_line(letter.person.name),
            "organisation": words.one_line(letter.account.name),
            "public_url": self._public_url,
        }
        if letter.mail.kind is MailKind.TEXT_TEST:
            values["link"] = f"{self._public_url}/enrol/{OPENS_NOTHING}"
        elif letter.mail.kind in LINK_PATHS and (token or not _needs_token(letter, hide_links)):
            values["link"] = None if hide_links or not token else self._link(letter, token)
        return values

    def _link(self, letter: Letter, token: str | int) -> str:
        return f"{self._public_url}/{LINK_PATHS[letter.mail.kind]}/{token}"


def _needs_token(letter: Letter, hide_links: bool) -> bool:
    """Whether rendering without a token would send somebody a mail without its link."""
    return not hide_links and letter.mail.state in _ON_THEIR_WAY


def _given(letter: Letter, name: str) -> str | int:
    if name not in letter.mail.params:
        raise UndefinedError(f"{name!r} is undefined")
    return letter.mail.params[name]


def _readable(key: str, value: str | int, said: Words) -> str | int | tuple[Beside, ...]:
    if key == "people":
        return tuple(
            (words.one_line(name), said.until(words.one_line(beside)))
            for name, beside in unpacked(str(value))
        )
    if key in _TIMES:
        return said.clock_time(int(value))
    if key in _FOREIGN:
        return words.foreign(value)
    if key == "address":
        return words.network_address(value)
    if key in _DEADLINES:
        return said.deadline(words.one_line(value))
    return words.one_line(value) if isinstance(value, str) else value


def _places(values: Mapping[str, Value], said: Words) -> dict[str, str]:
    """What stands in the places of an admin's text."""
    return {
        NAME: str(values["name"]),
        ORGANISATION: str(values["organisation"]),
        DEADLINE: str(values.get("deadline") or said.at_once),
        DAYS_LEFT: said.days_left(_number(values, "days_left")),
        GROUP: str(values.get("group") or ""),
        HOW_MANY: f"{_number(values, 'enrolled')} / {_number(values, 'total')}",
        PEOPLE: _people(values.get("people"), _number(values, "more")),
    }


def _number(values: Mapping[str, Value], key: str) -> int:
    found = values.get(key)
    return found if isinstance(found, int) else 0


def _people(found: Value, more: int) -> str:
    """People in a line of an admin's text."""
    if not isinstance(found, tuple):
        return ""
    shown = [f"{name} ({beside})" for name, beside in found]
    return ", ".join([*shown, *([f"+ {more}"] if more else [])])


def _clean(body: str) -> str:
    """An admin's text line by line without control characters and bidirectional overrides."""
    return "\n".join(words.one_line(line) for line in body.split("\n"))


def _for_text(value: Value) -> Value:
    if isinstance(value, tuple):
        return tuple((words.isolated(name), beside) for name, beside in value)
    return words.isolated(value) if isinstance(value, str) else value


def _own_templates(language: str) -> frozenset[str]:
    """What is written in a language; of the first one everything is."""
    names = PackageLoader("twofold.mail", _folder(language)).list_templates()
    return frozenset(name for name in names if "/" not in name)


def _folder(language: str) -> str:
    return _FOLDERS if language == FIRST else f"{_FOLDERS}/{language}"


def _environment(said: Words) -> Environment:
    """The templates of a language, and for the frame of the mails those of the first."""
    folders = dict.fromkeys((_folder(said.code), _FOLDERS))
    environment = Environment(
        loader=ChoiceLoader([PackageLoader("twofold.mail", folder) for folder in folders]),
        autoescape=select_autoescape(["html"], default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals["say"] = said
    environment.filters["shortened"] = words.shortened
    return environment
