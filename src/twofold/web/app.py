"""All pages as one ASGI application."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp

from twofold.core.errors import StartError
from twofold.explaining import Explainer
from twofold.flows.radar_watch import RadarWatch
from twofold.ports import World
from twofold.web import (
    account,
    activity,
    addresses,
    applications,
    authenticators,
    browser_link,
    bulk,
    compare,
    desk,
    desk_requests,
    doors,
    exchange,
    groups,
    guard_policy,
    help,
    history,
    home,
    hooks,
    mail,
    mail_texts,
    more_time,
    no_phone,
    passkeys,
    people,
    people_import,
    people_table,
    places,
    profile,
    progress,
    radar,
    recovery,
    second_step,
    set_up,
    sign_in,
    sites,
    switch,
    waits,
    waves,
)
from twofold.web.access import Gate, Needs, Page
from twofold.web.clock_watch import ClockWatch
from twofold.web.confirming import ask_for_proof
from twofold.web.cookies import Cookies
from twofold.web.proxy_warning import ProxyWarning
from twofold.web.render import Over, Pages, Static
from twofold.web.shell import Shell

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}

# Order matters where a fixed path and a parameter meet: /people/add before /people/{id}.
ALL_PAGES: tuple[Page, ...] = (
    *home.PAGES,
    *help.PAGES,
    *sign_in.PAGES,
    *second_step.PAGES,
    *no_phone.PAGES,
    *recovery.PAGES,
    *browser_link.PAGES,
    *doors.PAGES,
    *set_up.PAGES,
    *profile.PAGES,
    *passkeys.PAGES,
    *authenticators.PAGES,
    *places.PAGES,
    *addresses.PAGES,
    *history.PAGES,
    *account.PAGES,
    *switch.PAGES,
    *waves.PAGES,
    *progress.PAGES,
    *guard_policy.PAGES,
    *sites.PAGES,
    *applications.PAGES,
    *activity.PAGES,
    *radar.PAGES,
    *waits.PAGES,
    *people_import.PAGES,
    *people_table.PAGES,
    *bulk.PAGES,
    *more_time.PAGES,
    *people.PAGES,
    *groups.PAGES,
    *exchange.PAGES,
    *desk.PAGES,
    *desk_requests.PAGES,
    *compare.PAGES,
    *mail.PAGES,
    *mail_texts.PAGES,
    *hooks.PAGES,
)


def _tell_nobody(_line: str) -> None:
    """For an application that nobody started from a console."""


def build_app(
    world: World,
    all_pages: Sequence[Page] = ALL_PAGES,
    tell: Callable[[str], None] = _tell_nobody,
    over: Over | None = None,
) -> ASGIApp:
    """The application for `world`; every page behind the gate, everything behind the shell.

    `tell` prints what the operator should know at once; `over` is the strip at the head of every
    page, if there is one. Raises `StartError` for pages that cannot all be what they declare.
    """
    check_pages(all_pages)
    static = Static(Path(__file__).parent / "static")
    pages = Pages(static, over)
    gate = Gate(
        world,
        pages,
        Cookies(world.public_url),
        tuple(all_pages),
        Explainer(world),
        ClockWatch(world),
        RadarWatch(world.store, world.apps),
        ask_for_proof,
    )
    routes = [gate.route(page) for page in all_pages]
    routes.append(Route("/static/{version}/{name}", _static_route(static, pages)))
    return Shell(
        Router(routes, redirect_slashes=False, default=gate.nowhere),
        world.public_url,
        pages,
        ProxyWarning(world.trusted_proxies, tell),
    )


def check_pages(all_pages: Sequence[Page]) -> None:
    """Raises `StartError` unless every page has a handler and one declaration per method.

    Of two pages with one path and method the first would win silently, and with it the weaker of
    two declarations (promise P1).
    """
    declared: set[tuple[str, str]] = set()
    for page in all_pages:
        methods = [
            method for method, handler in (("GET", page.get), ("POST", page.post)) if handler
        ]
        if not methods or not isinstance(page.needs, Needs):
            raise StartError(f"The page {page.path} does not say what it does or what it needs.")
        for method in methods:
            if page.machine and page.needs is not Needs.PUBLIC:
                raise StartError(f"The page {page.path} reads no cookie, and needs one.")
            if (page.path, method) in declared:
                raise StartError(f"The page {page.path} is declared twice for {method}.")
            declared.add((page.path, method))


def _static_route(static: Static, pages: Pages) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        name = request.path_params["name"]
        content = static.files.get(name)
        if content is None or request.path_params["version"] != static.version:
            return pages.error(404, "", caller=None, path=request.url.path)
        return Response(
            content,
            media_type=TYPES.get(Path(name).suffix, "application/octet-stream"),
            headers={"cache-control": "public, max-age=31536000, immutable"},
        )

    return serve
