"""Answers of forward authentication: few, small, never kept by anybody."""

from collections.abc import Sequence
from functools import lru_cache
from html import escape
from urllib.parse import quote

from starlette.types import Send

from twofold.core.people import MINUTE, Instant
from twofold.core.site_urls import kept_page
from twofold.core.sites import SiteRule, Verdict, Visit
from twofold.gate.question import IDENTITY, Question, full_name

Fields = Sequence[tuple[bytes, bytes]]
NOBODY: Fields = tuple((name, b"") for name in IDENTITY)
UNKEPT = (b"cache-control", b"no-store")
ALWAYS: Fields = (
    UNKEPT,
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
_CONTROLS = dict.fromkeys((*range(32), 127), " ")


_EMPTY = {"type": "http.response.body", "body": b""}


class Passed:
    """Yes: what the proxy reads and no browser ever sees, so it carries nothing for browsers."""

    __slots__ = ("fields",)

    def __init__(self, fields: Fields) -> None:
        """With the identity headers."""
        self.fields = fields

    async def send(self, send: Send, *, with_body: bool) -> None:
        """Answer 200."""
        fields = [*self.fields, UNKEPT, (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 200, "headers": fields})
        await send(_EMPTY)


class Answer:
    """A status, a sentence, and headers."""

    __slots__ = ("body", "fields", "kind", "status")

    def __init__(
        self, status: int, sentence: str, fields: Fields = (), *, kind: bytes = b"text/plain"
    ) -> None:
        """As text; `kind` is another media type."""
        self.status, self.fields, self.kind = status, fields, kind
        self.body = sentence.encode()

    async def send(self, send: Send, *, with_body: bool) -> None:
        """Answer; the body is left out for HEAD."""
        fields = [*self.fields, *ALWAYS, (b"content-length", b"%d" % len(self.body))]
        if self.body:
            fields.append((b"content-type", self.kind + b"; charset=utf-8"))
        await send({"type": "http.response.start", "status": self.status, "headers": fields})
        await send({"type": "http.response.body", "body": self.body if with_body else b""})


NO_SITE = Answer(404, "No protected site lives at this address.")


def identity(visit: Visit) -> Fields:
    """What tells the site who asks, where that is known (`core.sites.is_known`)."""
    assert visit.caller is not None, "nobody asks"
    person, session = visit.caller.person, visit.caller.session
    proved_at = max(session.factor_at or 0, session.password_at)
    return _identity(person.email, person.id, person.name, visit.groups, session.methods, proved_at)


@lru_cache(maxsize=2048)
def _identity(
    email: str,
    id_: str,
    name: str,
    groups: tuple[str, ...],
    methods: tuple[str, ...],
    proved_at: Instant,
) -> Fields:
    """The headers, in the order of `IDENTITY`."""
    joined = ",".join(map(_group, groups))
    values = (email, id_, name, email, joined, " ".join(methods), str(proved_at))
    return [(name, _bytes(value)) for name, value in zip(IDENTITY, values, strict=True)]


def _bytes(value: str) -> bytes:
    """UTF-8, and nothing that ends a header."""
    return value.translate(_CONTROLS).strip().encode()


def _group(name: str) -> str:
    """A group's name in a list with commas between."""
    return name.replace("%", "%25").replace(",", "%2C")


def ask_for_more(
    asked: Question, rule: SiteRule | None, verdict: Verdict, *, redirects: bool
) -> Answer:
    """Where a person goes to sign in or to prove more; a script hears what is missing (RFC 9470).

    The address is one of the site's own, so nobody can be led elsewhere by it.
    """
    if verdict is Verdict.SIGN_IN:
        sentence, challenge = "Sign in first.", b'Twofold error="sign_in_required"'
    else:
        sentence = "A stronger or fresher proof is asked for here."
        challenge = b'Twofold error="insufficient_user_authentication"'
        if rule is not None and rule.fresh:
            challenge += b", max_age=%d" % (rule.fresh * MINUTE)
    fields = [*NOBODY, (b"www-authenticate", challenge)]
    if asked.is_page:
        page = quote(kept_page(asked.uri), safe="/")
        fields.append((b"location", f"/.twofold/sign-in?to={page}".encode()))
    return Answer(303 if redirects and asked.is_page else 401, sentence, fields)


def go(where: str, fields: Fields = ()) -> Answer:
    """See Other (303)."""
    return Answer(303, "", [(b"location", where.encode("ascii")), *fields])


def set_cookie(name: bytes, token: str, seconds: int, *, secure: bool) -> tuple[bytes, bytes]:
    """Hand a token to the browser, for this very host."""
    value = full_name(name, secure=secure) + b"=" + token.encode()
    value += b"; Max-Age=%d; Path=/; HttpOnly; SameSite=Lax" % seconds
    return b"set-cookie", value + (b"; Secure" if secure else b"")


def not_arrived(page: str) -> Answer:
    """The page for somebody whose ticket opens nothing here."""
    again = escape(f"/.twofold/sign-in?to={quote(page, safe='/')}")
    return Answer(
        403,
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        "<title>Not signed in here yet</title><h1>Not signed in here yet</h1>"
        "<p>This address works once, within half a minute, in the browser that began. "
        "If it goes on failing, your browser keeps no cookies for this site.</p>"
        f'<p><a href="{again}">Try again</a></p>',
        kind=b"text/html",
    )
