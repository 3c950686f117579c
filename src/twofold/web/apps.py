"""The choice of an authenticator app, as the set-up page and the help page offer it."""

from collections.abc import Iterable
from dataclasses import dataclass

from twofold.core.apps import App, Catalogue
from twofold.web.access import Ctx

NOT_IN_THE_LIST = ""
"""What `?app=` says for an app that is not in the catalogue."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page was asked for with `?app=`."""

    app: App | None
    choice: str | None
    """The id to remember, `NOT_IN_THE_LIST`, or None where nothing was said that we know."""
    unknown: bool
    """It names an app that is not in the catalogue."""

    @property
    def status(self) -> int:
        """200, or 404 for an app that does not exist; the page stands all the same."""
        return 404 if self.unknown else 200


def asked(ctx: Ctx) -> Asked:
    """The app in the address of the page."""
    given = ctx.request.query_params.get("app")
    app = ctx.world.apps.find(given) if given else None
    if given and app is None:
        return Asked(None, None, unknown=True)
    return Asked(app, given, unknown=False)


@dataclass(frozen=True, slots=True)
class Choice:
    """One device of a product, one click away."""

    url: str
    device: str
    title: str


@dataclass(frozen=True, slots=True)
class Product:
    """One app with the devices that it runs on."""

    name: str
    maker: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Picker:
    """The choice of a page."""

    app: App | None
    certified: tuple[Product, ...]
    others: tuple[Product, ...]
    none_url: str
    """Where no app is chosen."""
    unknown: bool


def picker(catalogue: Catalogue, base: str, app: App | None, *, unknown: bool = False) -> Picker:
    """The choice of the page at `base`, with `app` chosen."""
    return Picker(
        app=app,
        certified=_products(catalogue.certified, base),
        others=_products(catalogue.others, base),
        none_url=f"{base}?app={NOT_IN_THE_LIST}",
        unknown=unknown,
    )


def _products(apps: Iterable[App], base: str) -> tuple[Product, ...]:
    makers: dict[str, str] = {}
    choices: dict[str, list[Choice]] = {}
    for app in apps:
        makers[app.name] = app.maker
        choice = Choice(f"{base}?app={app.id}", app.device, app.title)
        choices.setdefault(app.name, []).append(choice)
    return tuple(Product(name, maker, tuple(choices[name])) for name, maker in makers.items())
