"""Listens to a browser during a journey: nothing may complain and nothing may leave the house."""

from dataclasses import dataclass, field

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response

CSP = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
EXPECTED_STATUS = {200, 303, 401, 403, 404, 405, 410, 422, 429}
"""Of pages. Anything else that a page needs has to answer 200."""
LEFT = "net::ERR_ABORTED"
"""What becomes of a page's icon when somebody presses a link before it has come."""
FILES = ("/account/activity.csv", "/account/activity.json")
"""Where a form is answered by a file: the page stays, which counts as a navigation given up."""
REFUSED_PAGE = "Failed to load resource: the server responded with a status of"
"""The browser's own remark about a page with an error status."""


@dataclass
class Watch:
    """Everything that one browser asked for, and what was odd about it."""

    origin: str
    odd: list[str] = field(default_factory=list)
    pages: list[Response] = field(default_factory=list)
    posts: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    referrers: list[str] = field(default_factory=list)

    def follow(self, context: BrowserContext) -> None:
        """Begin to listen."""
        context.on("request", self._request)
        context.on("response", self._response)
        context.on("requestfailed", self._failed)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.odd.append(f"script error: {error.error}"))

    def _request(self, request: Request) -> None:
        self.asked.append(request.url)
        self.referrers.append(request.headers.get("referer", ""))
        if request.method == "POST":
            self.posts.append(request.url)
        if not request.url.startswith((self.origin + "/", "data:")):
            self.odd.append(f"a request to somebody else: {request.url}")

    def _response(self, response: Response) -> None:
        if response.request.resource_type != "document":
            if response.status != 200:
                self.odd.append(f"{response.status} for {response.url}")
            return
        self.pages.append(response)
        if response.status not in EXPECTED_STATUS:
            self.odd.append(f"{response.status} for {response.url}")
        if response.headers.get("content-security-policy") != CSP:
            self.odd.append(f"another policy at {response.url}")
        if response.headers.get("cache-control") != "no-store":
            self.odd.append(f"may be kept: {response.url}")

    def _failed(self, request: Request) -> None:
        is_file = request.url.endswith(FILES)
        if request.failure == LEFT and (is_file or request.resource_type != "document"):
            return
        self.odd.append(f"failed: {request.method} {request.url} {request.failure}")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(REFUSED_PAGE):
            self.odd.append(f"{message.type} in the console: {message.text}")
