"""A word to the operator whose reverse proxy is not named: without it all visitors are one."""

from collections.abc import Callable, Sequence

import structlog
from starlette.datastructures import Headers

from twofold.core.hops import Network
from twofold.web.source import unnamed_proxy

SENTENCE = (
    "Requests come from {peer} with X-Forwarded-For, but TWOFOLD_TRUSTED_PROXIES is not set, so "
    "that every visitor counts as {peer}. If that is your reverse proxy, set "
    "TWOFOLD_TRUSTED_PROXIES={peer} and start again."
)

log = structlog.get_logger("twofold.web")


class ProxyWarning:
    """Looks at requests until it has something to say, and says it once in the process."""

    def __init__(self, trusted: Sequence[Network], tell: Callable[[str], None]) -> None:
        """`tell` prints a line for whoever started the service; the log gets it too."""
        self._trusted, self._tell = trusted, tell
        self._told = bool(trusted)

    def __call__(self, headers: Headers, peer: str) -> None:
        """Look at one request."""
        if self._told or "x-forwarded-for" not in headers:
            return
        proxy = unnamed_proxy(peer, headers.getlist("x-forwarded-for"), self._trusted)
        if proxy is None:
            return
        self._told = True
        sentence = SENTENCE.format(peer=proxy)
        log.warning("the reverse proxy is not named", peer=str(proxy), what_to_do=sentence)
        self._tell(f"warning: {sentence}")
