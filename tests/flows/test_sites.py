"""Protected sites: changed as a whole, reached by tickets that work once, left with the session."""

import pytest

from tests.flows.site_changes import BEGUN, HOST, protect, ticket
from tests.storage.races import race
from tests.world import Organisation, found
from twofold.core.events import EventKind
from twofold.core.people import Person
from twofold.core.site_text import Wrong
from twofold.core.sites import TICKET_LIFETIME, Verdict
from twofold.core.tokens import Purpose, digest
from twofold.flows import groups, sessions, sites
from twofold.flows.setup import Refused
from twofold.flows.sites import SitesSet


def enter(acme: Organisation, token: str, *, host: str = HOST, begun: str = BEGUN) -> str | None:
    """Exchange a ticket."""
    return acme.call(sites.enter, host=host, ticket=token, begun=begun)


def who(acme: Organisation, token: str, host: str = HOST) -> Person | None:
    """Whose pass this is on the host."""
    visit = acme.store.call(
        lambda tx: tx.protected.visit(host, digest(Purpose.SITE_PASS, token), acme.now)
    )
    assert visit is not None
    return visit.caller.person if visit.caller else None


def test_sites_are_changed_as_a_whole_and_written_down(acme: Organisation) -> None:
    """What came, went and changed stands in the entry; the same text changes nothing."""
    assert isinstance(protect(acme), SitesSet)
    before = len(acme.events())
    same = protect(acme)
    assert isinstance(same, SitesSet)
    assert not same.changed
    changes = [e for e in acme.events() if e.kind is EventKind.SITES_CHANGED]
    assert [e.data for e in changes] == [{"added": f"https://{HOST}"}]
    protect(acme, f"https://{HOST}\n / session\nhttps://b.example.org\n / public")
    newest = acme.events()[0]
    assert newest.data == {"added": "https://b.example.org", "changed": f"https://{HOST}"}
    protect(acme, "")
    assert acme.events()[0].data == {"removed": f"https://b.example.org, https://{HOST}"}
    assert len(acme.events()) > before


def test_a_text_that_is_wrong_changes_nothing(acme: Organisation) -> None:
    """Nor does a host that another account has."""
    protect(acme)
    before = acme.store.call(sites.list_sites, account_id=acme.account_id)
    assert isinstance(protect(acme, "https://x.example.org\n / sesion"), Wrong)
    bolt = found(acme.store, acme.clock, "Bolt")
    taken = protect(bolt, f"https://{HOST}\n / public")
    assert isinstance(taken, Wrong)
    assert "another account" in str(taken)
    assert acme.store.call(sites.list_sites, account_id=acme.account_id) == before
    assert bolt.store.call(sites.list_sites, account_id=bolt.account_id).sites == ()


def test_a_ticket_works_once_in_the_browser_that_began(acme: Organisation) -> None:
    """On its own host, within its half minute."""
    protect(acme, f"https://{HOST}\n / session\nhttps://b.example.org\n / session")
    caller = acme.caller(acme.owner)
    token = ticket(acme, caller)
    assert enter(acme, token, begun="c" * 43) is None
    assert enter(acme, token, host="b.example.org") is None
    made = enter(acme, token)
    assert made is not None
    assert enter(acme, token) is None
    assert who(acme, made) == acme.owner
    assert who(acme, made, "b.example.org") is None
    assert who(acme, token) is None
    late = ticket(acme, caller)
    acme.clock.advance(TICKET_LIFETIME)
    assert enter(acme, late) is None


def test_parallel_callbacks_make_one_pass(acme: Organisation) -> None:
    """One conditional DELETE decides (promise P2)."""
    protect(acme)
    token = ticket(acme, acme.caller(acme.owner))
    made = race(10, lambda _: enter(acme, token))
    assert len([one for one in made if one is not None]) == 1


def test_a_pass_ends_with_its_session(acme: Organisation) -> None:
    """Whoever ends it; a ticket of an ended session is none; a renewed session keeps its pass."""
    protect(acme)
    caller = acme.caller(acme.owner)
    made = enter(acme, ticket(acme, caller))
    assert made is not None
    waiting = ticket(acme, caller)
    acme.store.call(sessions.renew, acme.now, caller.session, password=True, factor=False)
    assert who(acme, made) is not None
    acme.call(sessions.end, caller=caller)
    assert who(acme, made) is None
    assert enter(acme, waiting) is None


def test_a_pass_ends_with_its_site_and_with_time(acme: Organisation) -> None:
    """A site that is taken off and named again knows nobody; an idle session is over."""
    protect(acme)
    caller = acme.caller(acme.owner)
    made = enter(acme, ticket(acme, caller))
    assert made is not None
    acme.clock.advance(3601)
    assert who(acme, made) is None
    again = acme.caller(acme.owner)
    made = enter(acme, ticket(acme, again))
    assert made is not None
    protect(acme, "")
    protect(acme)
    assert who(acme, made) is None


def test_a_ticket_is_given_only_for_what_would_open(acme: Organisation) -> None:
    """Otherwise the verdict says what is missing; nobody of another account gets one."""
    protect(acme)
    caller = acme.caller(acme.owner)
    begun = digest(Purpose.SITE_BEGUN, BEGUN)

    def judged(of: Organisation, page: str, host: str = HOST) -> sites.Judged | None:
        who = caller if of is acme else of.caller(of.owner)
        return of.call(sites.hand_over, caller=who, host=host, page=page, begun=begun)

    found_one = judged(acme, "/admin")
    assert found_one is not None
    assert (found_one.verdict, found_one.ticket) == (Verdict.PROVE, "")
    assert judged(acme, "/", "nowhere.example.org") is None
    bolt = found(acme.store, acme.clock, "Bolt")
    foreign = judged(bolt, "/")
    assert foreign is not None
    assert (foreign.verdict, foreign.ticket) == (Verdict.DENIED, "")


def test_a_visit_names_the_groups(acme: Organisation) -> None:
    """In the order of their names, for the headers that the site reads."""
    protect(acme)
    owner = acme.caller(acme.owner)
    for name in ("Zebra", "Ops, night"):
        group = acme.call(groups.create, caller=owner, name=name)
        acme.call(groups.enter, caller=owner, group_id=group.id, text=acme.owner.email)  # type: ignore[union-attr]
    made = enter(acme, ticket(acme, acme.caller(acme.owner)))
    assert made is not None
    visit = acme.store.call(
        lambda tx: tx.protected.visit(HOST, digest(Purpose.SITE_PASS, made), acme.now)
    )
    assert visit is not None
    assert list(visit.groups) == ["Ops, night", "Zebra"]


@pytest.mark.parametrize(
    ("url", "email", "field"),
    [("https://x.example.org/", "olga@acme.example", "url"),
     (f"https://{HOST}/", "nobody@acme.example", "email")],
)  # fmt: skip
def test_a_preview_says_what_it_does_not_know(
    acme: Organisation, url: str, email: str, field: str
) -> None:
    """And changes nothing."""
    protect(acme)
    listed = acme.store.call(sites.list_sites, account_id=acme.account_id)
    before = len(acme.events())
    seen = acme.call(sites.preview, account=acme.account, sites=listed.sites, url=url, email=email)
    assert isinstance(seen, Refused)
    assert seen.field == field
    assert len(acme.events()) == before
