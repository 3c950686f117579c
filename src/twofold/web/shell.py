"""What every request passes before a page sees it, as one plain ASGI layer: host, origin,
security headers, and the last resort for what went wrong.
"""

from collections.abc import Callable
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from twofold.core.errors import Overloaded, StorageUnavailable
from twofold.web.forms import BadForm
from twofold.web.render import Pages

CSP = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not no-referrer: under that, browsers send "Origin: null" with our own forms.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
HSTS = "max-age=63072000"
"""Two years (RFC 6797), for this host alone: the operator's other hosts are not ours to bind."""
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
PROBES = {"/healthz", "/readyz"}

log = structlog.get_logger("twofold.web")


async def refuse_protocol(scope: Scope, send: Send) -> None:
    """Close a websocket before it opens: no page speaks it, so no check stands behind it
    (CVE-2025-55070). Anything else than HTTP gets no answer.
    """
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1000})


class Shell:
    """Wraps the router."""

    def __init__(
        self, app: ASGIApp, public_url: str, pages: Pages, warn: Callable[[Headers, str], None]
    ) -> None:
        """`public_url` names the only host and origin that this site answers to; `warn` is shown
        the headers and the peer of each request.
        """
        parts = urlsplit(public_url)
        self._app, self._pages, self._warn = app, pages, warn
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._host = parts.hostname or ""
        self._netloc = parts.netloc
        self._https = parts.scheme == "https"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever happens inside."""
        if scope["type"] != "http":
            await refuse_protocol(scope, send)
            return
        # With an app in the scope, Starlette raises for a wrong method instead of answering itself.
        scope["app"] = self
        headers = Headers(scope=scope)
        self._warn(headers, scope["client"][0] if scope.get("client") else "")
        sender = self._sender(scope, send)
        refused = self._refuse(scope, headers)
        try:
            if refused is not None:
                await self._fail(refused[0], refused[1], scope, receive, sender)
            else:
                await self._app(scope, receive, sender)
        except BadForm as error:
            await self._fail(error.status, error.message, scope, receive, sender)
        except HTTPException as error:
            await self._fail(error.status_code, "", scope, receive, sender)
        except (Overloaded, StorageUnavailable) as error:
            log.warning("request refused", reason=error.code)
            await self._fail(503, str(error), scope, receive, sender)
        except ClientDisconnect:
            return  # Whoever sent half a form and went away gets no answer and is no fault.
        except Exception as error:
            log.exception("request failed", kind=type(error).__name__)
            await self._fail(500, "", scope, receive, sender)

    def _refuse(self, scope: Scope, headers: Headers) -> tuple[int, str] | None:
        """Status and sentence for a request from the wrong place, or None."""
        if scope["path"] in PROBES:
            return None
        if not self._is_our_host(headers):
            return 400, f"This site answers at {self._origin} only. Open that address."
        if scope["method"] not in ("GET", "HEAD", "OPTIONS") and not self._is_our_origin(headers):
            return 403, "That came from another site, so nothing was changed."
        return None

    def _is_our_host(self, headers: Headers) -> bool:
        """Exactly the public host; on a first look every name of this machine."""
        hosts = headers.getlist("host")
        if len(hosts) != 1 or any(mark in hosts[0] for mark in " /@\\?#"):
            return False
        try:
            parts = urlsplit("//" + hosts[0])
            host, _ = parts.hostname or "", parts.port
        except ValueError:
            return False
        if self._host in LOOPBACK:
            return host in LOOPBACK
        return hosts[0].lower() == self._netloc.lower()

    def _is_our_origin(self, headers: Headers) -> bool:
        """Whether an unsafe request comes from our own pages, or from no browser at all.

        Browsers since 2023 say so themselves (`Sec-Fetch-Site`, W3C Fetch Metadata); older ones
        send `Origin`. A request with neither is no browser's cross-site form, and still needs the
        form token wherever a session is involved.
        """
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site in ("same-origin", "none")
        origin = headers.get("origin")
        if origin is None or origin == self._origin:
            return True
        # On a first look the host was checked to be this machine's own; the origin must be it.
        return self._host in LOOPBACK and origin == f"http://{headers['host']}"

    def _sender(self, scope: Scope, send: Send) -> Send:
        """Adds the security headers to whatever is answered."""

        async def sender(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers[name] = value
                if self._https:
                    headers["strict-transport-security"] = HSTS
                headers.setdefault("cache-control", "no-store")
                scope["twofold.started"] = True
            await send(message)

        return sender

    async def _fail(
        self, status: int, message: str, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """An error page, unless the answer has begun already: then the connection is dropped."""
        if scope.get("twofold.started"):
            return
        response = self._pages.error(status, message, caller=None, path=scope["path"])
        if status in (429, 503):
            response.headers["retry-after"] = "5"
        if status == 413:
            response.headers["connection"] = "close"
        await response(scope, receive, send)
