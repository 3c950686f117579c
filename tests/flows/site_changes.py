"""The flows about protected sites that change something, for the table in `changes.py`."""

from collections.abc import Callable

from tests.world import Organisation
from twofold.core.events import EventKind
from twofold.core.sessions import Caller
from twofold.core.tokens import Purpose, digest
from twofold.flows import sites

Act = Callable[[Organisation], Callable[[], object]]
HOST, BEGUN = "wiki.example.org", "b" * 43
TEXT = f"https://{HOST}\n  /  session\n  /admin  second factor\n"


def protect(acme: Organisation, text: str = TEXT) -> object:
    """Name the sites, as the owner does."""
    caller = acme.caller(acme.owner)
    return acme.call(sites.set_sites, caller=caller, text=text, own_host="login.example.org")


def ticket(acme: Organisation, caller: Caller, page: str = "/", host: str = HOST) -> str:
    """A ticket for a page of the site, "" if there is none."""
    judged = acme.call(
        sites.hand_over,
        caller=caller,
        host=host,
        page=page,
        begun=digest(Purpose.SITE_BEGUN, BEGUN),
    )
    return judged.ticket if judged else ""


def changed(acme: Organisation) -> Callable[[], object]:
    """A site named."""
    caller = acme.caller(acme.owner)
    return lambda: acme.call(sites.set_sites, caller=caller, text=TEXT, own_host="x.example.org")


def entered(acme: Organisation) -> Callable[[], object]:
    """A ticket exchanged."""
    protect(acme)
    token = ticket(acme, acme.caller(acme.owner))
    return lambda: acme.call(sites.enter, host=HOST, ticket=token, begun=BEGUN)


TABLE: dict[EventKind, tuple[str, Act]] = {
    EventKind.SITES_CHANGED: ("sites.set_sites", changed),
    EventKind.SITE_ENTERED: ("sites.enter", entered),
}
