"""Reading what a form sent: small, strict, and with a sentence for everything that is off."""

import hashlib
import hmac
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

MAX_BODY = 64 * 1024
"""Bytes of an ordinary form."""
MAX_UPLOAD = 20 * 1024 * 1024
"""Bytes of a form that carries a CSV file."""
MAX_FIELDS = 300
"""Enough for a box for each group of an account."""


class BadForm(Exception):
    """A form that cannot be read. `status` is the HTTP answer, the message what to do."""

    def __init__(self, status: int, message: str) -> None:
        """An answer with `status` and `message`."""
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(frozen=True, slots=True)
class FieldError:
    """One sentence beside one field; an empty field name means the whole form."""

    field: str
    message: str


Form = Mapping[str, str]


def form_token(bound_to: str) -> str:
    """The anti-forgery token of a session's or sign-in's forms.

    Derived from the row's id, which is random, never leaves the server in any other form, and
    stays the same when the session's own token is renewed: a form open in another tab still works
    after a step-up.
    """
    return hmac.new(bound_to.encode(), b"twofold:form", hashlib.sha256).hexdigest()


def row_token(bound_to: str, row_id: str) -> str:
    """What a form of a list names a row by. The id itself stays in: forms are bound to it."""
    return hmac.new(bound_to.encode(), row_id.encode(), hashlib.sha256).hexdigest()[:32]


def check_token(form: Form, bound_to: str) -> None:
    """Raises `BadForm` unless the form carries the token of this session or sign-in."""
    if not hmac.compare_digest(form.get("csrf", "").encode(), form_token(bound_to).encode()):
        raise BadForm(
            403,
            "This form belongs to another sign-in, so nothing was changed. "
            "Go back, load the page again and send it once more.",
        )


async def read_form(request: Request) -> Form:
    """The fields of a urlencoded form, each exactly once. Raises `BadForm`."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    body = await read_body(request, MAX_BODY)
    if kind != "application/x-www-form-urlencoded" and (body or kind):
        raise BadForm(415, "This page takes only what its own form sends.")
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            encoding="utf-8",
            errors="strict",
            max_num_fields=MAX_FIELDS,
        )
    except ValueError:
        raise BadForm(400, "The form could not be read. Load the page and send it again.") from None
    return _each_once(pairs)


def _each_once(pairs: list[tuple[str, str]]) -> Form:
    form: dict[str, str] = {}
    for name, value in pairs:
        if name in form:
            raise BadForm(400, f"The form holds “{name[:40]}” twice. Load the page and try again.")
        if "\0" in value or "\0" in name:
            raise BadForm(400, "The form holds a character that cannot be stored (NUL).")
        form[name] = value
    return form


async def read_body(request: Request, limit: int) -> bytes:
    """The whole body. Raises `BadForm` 413 as soon as it passes `limit` bytes."""
    declared = request.headers.get("content-length", "0")
    if not declared.isdigit() or int(declared) > limit:
        raise too_large(limit)
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise too_large(limit)
        chunks.append(chunk)
    return b"".join(chunks)


def too_large(limit: int) -> BadForm:
    """The refusal of a body of more than `limit` bytes."""
    room = f"{limit // 1024} KiB" if limit < 1 << 20 else f"{limit >> 20} MiB"
    return BadForm(413, f"That is too much for this page: it takes up to {room}.")


async def read_upload(request: Request) -> tuple[Form, bytes | None]:
    """Fields and the one file (field `file`) of a multipart form. Raises `BadForm`."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != "multipart/form-data":
        raise BadForm(415, "This page takes only what its own form sends.")
    body = await read_body(request, MAX_UPLOAD)

    async def once() -> AsyncGenerator[bytes, None]:
        yield body

    try:
        parser = MultiPartParser(
            request.headers, once(), max_files=1, max_fields=10, max_part_size=MAX_UPLOAD
        )
        data = await parser.parse()
    except (MultiPartException, UnicodeDecodeError, KeyError):
        raise BadForm(400, "The upload could not be read. Load the page and try again.") from None
    content = None
    pairs = []
    for name, value in data.multi_items():
        if isinstance(value, UploadFile):
            content = await value.read()
        else:
            pairs.append((name, value))
    return _each_once(pairs), content
