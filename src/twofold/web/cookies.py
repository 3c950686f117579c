"""The cookies: of a session, a half-finished sign-in, a known browser, and one that opened a
link.
"""

from starlette.requests import Request
from starlette.responses import Response

from twofold.core.browsers import KNOWN_FOR
from twofold.core.notes import Note
from twofold.core.passkeys import CHALLENGE_LIFETIME
from twofold.core.people import HOUR
from twofold.core.sessions import ENROLLING_LIFETIME, SESSION_LIFETIME

SESSION, SIGN_IN = "twofold", "twofold-sign-in"
BROWSER, BROWSER_LINK = "twofold-browser", "twofold-link"
PASSKEY = "twofold-passkey"
"""Binds a passkey sign-in to the browser in which it was begun."""
NOTE = "twofold-note"
"""What its reader is told until it is done: a word, no token, and nobody relies on it."""
COLUMNS = "twofold-columns"
"""Which columns the people table shows: letters, no token."""
LIFETIMES = {
    SESSION: SESSION_LIFETIME,
    SIGN_IN: ENROLLING_LIFETIME,
    BROWSER: KNOWN_FOR,
    BROWSER_LINK: HOUR,
    PASSKEY: CHALLENGE_LIFETIME,
    NOTE: SESSION_LIFETIME,
    COLUMNS: KNOWN_FOR,
}
"""Seconds that the browser keeps each cookie; what a token opens ends by the server's clock."""
_MAX_TOKEN = 64


class Cookies:
    """Names and attributes that follow from the public URL.

    With https the names carry `__Host-`: the browser then takes them only with `Secure`, for this
    very host and path `/`, so no sibling host can plant one (RFC 6265bis section 4.1.3.2). Plain
    names exist on http://localhost alone.
    """

    def __init__(self, public_url: str) -> None:
        """`public_url` decides between the two forms."""
        self.secure = public_url.startswith("https://")
        self._prefix = "__Host-" if self.secure else ""

    def read(self, request: Request, name: str) -> str | None:
        """The token in the cookie `name`, or None for a missing or absurd one."""
        token = request.cookies.get(self._prefix + name)
        return token if token and len(token) <= _MAX_TOKEN and token.isascii() else None

    def note(self, request: Request) -> str:
        """The word of the note, "" for none and for anything that is not one."""
        word = self.read(request, NOTE) or ""
        return word if word in set(Note) else ""

    def set(self, response: Response, name: str, token: str) -> None:
        """Hand a token to the browser."""
        response.set_cookie(
            self._prefix + name,
            token,
            max_age=LIFETIMES[name],
            path="/",
            secure=self.secure,
            httponly=True,
            samesite="lax",
        )

    def drop(self, response: Response, name: str) -> None:
        """Take the cookie back."""
        response.delete_cookie(
            self._prefix + name, path="/", secure=self.secure, httponly=True, samesite="lax"
        )
