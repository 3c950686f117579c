"""All pages as one ASGI application."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp

from twofold.ports import World
from twofold.web import (
    account,
    doors,
    home,
    mail,
    people,
    people_import,
    profile,
    set_up,
    sign_in,
)
from twofold.web.access import Gate, Page
from twofold.web.cookies import Cookies
from twofold.web.render import Pages, Static
from twofold.web.shell import Shell

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}

# Order matters where a fixed path and a parameter meet: /people/add before /people/{id}.
ALL_PAGES: tuple[Page, ...] = (
    *home.PAGES,
    *sign_in.PAGES,
    *doors.PAGES,
    *set_up.PAGES,
    *profile.PAGES,
    *account.PAGES,
    *people_import.PAGES,
    *people.PAGES,
    *mail.PAGES,
)


def build_app(world: World) -> ASGIApp:
    """The application for `world`; every page behind the gate, everything behind the shell."""
    static = Static(Path(__file__).parent / "static")
    pages = Pages(static)
    gate = Gate(world, pages, Cookies(world.public_url))
    routes = [gate.route(page) for page in ALL_PAGES]
    routes.append(Route("/static/{version}/{name}", _static_route(static, pages)))
    return Shell(
        Router(routes, redirect_slashes=False, default=gate.nowhere), world.public_url, pages
    )


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
