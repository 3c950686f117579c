"""Browsers without a network and without a thread: one request is one call of the application.

What is sent goes out byte for byte, so that a request may be as broken as an attacker likes, and
a thousand of them take a second or two.
"""

import asyncio
import html
import re
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import quote, urlencode

from starlette.types import ASGIApp, Message

FORM = "application/x-www-form-urlencoded"
FIREFOX = "Mozilla/5.0 (X11; Linux) Firefox/150.0"


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")

    @property
    def location(self) -> str:
        """Where the answer leads, or ""."""
        return next((value for name, value in self.headers if name == "location"), "")

    @property
    def cookies(self) -> dict[str, str]:
        """What the answer hands out; "" for a cookie that it takes back."""
        found: dict[str, str] = {}
        for name, value in self.headers:
            if name == "set-cookie":
                found |= {
                    key: "" if morsel["max-age"] == "0" else morsel.value
                    for key, morsel in SimpleCookie(value).items()
                }
        return found

    @property
    def csrf(self) -> str:
        """The anti-forgery token of the page's forms, or ""."""
        found = re.search(r'name="csrf" value="([^"]+)"', self.text)
        return html.unescape(found[1]) if found else ""


class Wire:
    """The application, called directly on one event loop."""

    def __init__(self, app: ASGIApp) -> None:
        """`app` is asked one request at a time."""
        self._app, self._loop = app, asyncio.new_event_loop()

    def close(self) -> None:
        """Stop the loop."""
        self._loop.close()

    def send(
        self,
        method: str,
        target: str,
        headers: list[tuple[bytes, bytes]],
        body: bytes = b"",
        *,
        address: str = "127.0.0.1",
    ) -> Reply:
        """One request from `address`; `target` is path and query as they stand on the wire."""
        return self._loop.run_until_complete(self._sent(method, target, headers, body, address))

    async def _sent(
        self,
        method: str,
        target: str,
        headers: list[tuple[bytes, bytes]],
        body: bytes,
        address: str,
    ) -> Reply:
        path, _, query = target.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": decoded(path),
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(b"host", b"localhost:8000"), *headers],
            "client": (address, 50_000),
            "server": ("127.0.0.1", 8000),
        }
        parts: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            parts.append(message)

        await self._app(scope, receive, send)
        start = parts[0]
        return Reply(
            start["status"],
            [(name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"]],
            b"".join(part.get("body", b"") for part in parts[1:]),
        )


def decoded(path: str) -> str:
    """A path as a server hands it on: percent signs resolved, broken UTF-8 kept apart."""
    raw = re.sub(
        rb"%([0-9A-Fa-f]{2})", lambda found: bytes([int(found[1], 16)]), path.encode("ascii")
    )
    return raw.decode("utf-8", "replace")


def as_path(text: str) -> str:
    """Any text as one segment of a path."""
    return quote(text, safe="")


@dataclass
class Client:
    """One browser on the wire: it keeps its cookies."""

    wire: Wire
    cookies: dict[str, str] = field(default_factory=dict)
    address: str = "127.0.0.1"

    def get(self, target: str) -> Reply:
        """Open a page."""
        return self._keep(self.wire.send("GET", target, self._headers(), address=self.address))

    def post(self, target: str, fields: dict[str, str] | None = None) -> Reply:
        """Send a form with exactly these fields."""
        return self.post_raw(target, urlencode(fields or {}).encode())

    def post_raw(self, target: str, body: bytes, kind: str = FORM) -> Reply:
        """Send a body of any kind."""
        headers = [*self._headers(), (b"content-length", str(len(body)).encode())]
        if kind:
            headers.append((b"content-type", kind.encode("latin-1")))
        return self._keep(self.wire.send("POST", target, headers, body, address=self.address))

    def _headers(self) -> list[tuple[bytes, bytes]]:
        headers = [(b"user-agent", FIREFOX.encode())]
        if self.cookies:
            pairs = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            headers.append((b"cookie", pairs.encode("latin-1")))
        return headers

    def _keep(self, reply: Reply) -> Reply:
        for name, value in reply.cookies.items():
            if value:
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)
        return reply
