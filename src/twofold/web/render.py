"""Templates to pages: one Jinja environment, a few filters, and the files that pages load."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.responses import HTMLResponse, Response

from twofold.core.clocks import drift_sentence
from twofold.core.keyuri import grouped
from twofold.core.moments import clock, clock_seconds, day, when
from twofold.core.people import Instant
from twofold.core.sessions import Caller

HERE = Path(__file__).parent
TITLES: Mapping[int, tuple[str, str]] = {
    400: ("That could not be read", "Go back, load the page again and try once more."),
    401: ("You are signed out", "Sign in, then try once more."),
    403: ("Not for you", "Your role does not open this page."),
    404: ("Nothing here", "The address is wrong, or the page is gone."),
    405: ("Not like this", "This address does not take that kind of request."),
    413: ("Too large", "That is more than this page takes."),
    415: ("Not a form", "This page takes only what its own form sends."),
    429: ("Too often", "Wait a little, then try again."),
    500: ("Something broke on our side", "Nothing was changed. Try again in a moment."),
    503: ("Busy right now", "Nothing was changed. Try again in a few seconds."),
}


def iso(instant: Instant) -> str:
    """For `<time datetime>`."""
    return datetime.fromtimestamp(instant, UTC).isoformat()


def plural(count: int, one: str, many: str) -> str:
    """“1 person”, “2 people”."""
    return f"{count} {one if count == 1 else many}"


class Static:
    """The files under `static/`, served under a name that changes with their content."""

    def __init__(self, folder: Path) -> None:
        """Read all files once; the folder's hash is part of every URL, so they cache for ever."""
        self.files = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
        mix = hashlib.sha256()
        for name, content in self.files.items():
            mix.update(name.encode() + b"\0" + content)
        self.version = mix.hexdigest()[:12]

    def url(self, name: str) -> str:
        """The address of one file. Raises `KeyError` for a file that does not exist."""
        if name not in self.files:
            raise KeyError(name)
        return f"/static/{self.version}/{name}"


@dataclass(frozen=True, slots=True)
class Over:
    """A strip at the head of every page, for whoever serves these pages as something else."""

    templates: Path
    """A folder with more templates, the strip's among them."""
    strip: str
    """The template of the strip."""
    says: Mapping[str, Callable[[], object]]
    """What the strip may call while it is rendered."""


class Pages:
    """Renders templates."""

    def __init__(self, static: Static, over: Over | None = None) -> None:
        """Compile the environment; an undefined name in a template is an error, never a blank."""
        self._static = static
        folders = [HERE / "templates", *([over.templates] if over else [])]
        self._env = Environment(
            loader=FileSystemLoader(folders),
            autoescape=select_autoescape(default=True, default_for_string=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._env.filters.update(when=when, clock=clock, day=day, off=clock_seconds, iso=iso)
        self._env.filters.update(drift_words=drift_sentence)
        self._env.filters.update(fours=_fours, plural=plural)
        self._env.globals.update(static=static.url, plural=plural, product="Twofold")
        self._env.globals.update(over.says if over else {}, strip=over.strip if over else "")

    def response(self, template: str, http_status: int, **context: object) -> Response:
        """A page as a response."""
        context.setdefault("errors", [])
        context.setdefault("values", {})
        context.setdefault("passkey", "")
        context.setdefault("note", "")
        context.setdefault("due_note", "")
        return HTMLResponse(self._env.get_template(template).render(**context), http_status)

    def error(self, status: int, message: str, *, caller: Caller | None, path: str) -> Response:
        """An error page; its words never hold a stack, a path of the server or a secret."""
        title, default = TITLES.get(status, TITLES[500])
        return self.response(
            "error.html",
            status,
            caller=caller,
            half=None,
            csrf="",
            path=path,
            status=status,
            title=title,
            message=message or default,
        )


def _fours(key: str) -> list[str]:
    """A key in groups of four, for showing."""
    return grouped(key).split()
