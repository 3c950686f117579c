"""Applications that ask over the API: who may do what, from when to when."""

from tests.flows.api_changes import made
from tests.world import Organisation, found
from twofold.core.applications import (
    LONGEST_OVERLAP,
    MOST_APPLICATIONS,
    ApiCaller,
    Scope,
    key_digest,
)
from twofold.core.mail import MailKind
from twofold.core.people import Role
from twofold.flows import applications
from twofold.flows.applications import NewKey, NoKey, NoScope
from twofold.flows.setup import Refused
from twofold.ports import Tx


def who(acme: Organisation, text: str) -> ApiCaller | None:
    """Who asks with this key now."""
    digest = key_digest(text)
    assert digest is not None
    return acme.call(applications.who, key=digest)


def test_a_key_is_found_and_kept_as_a_hash(acme: Organisation) -> None:
    """It begins so that a scanner finds it, and stands nowhere as it is."""
    new = made(acme, Scope.MANAGE, Scope.VERIFY)
    assert new.text.startswith("twofold_key_")
    assert new.text not in repr(new)
    caller = who(acme, new.text)
    assert caller is not None
    assert caller.application.scopes == (Scope.VERIFY, Scope.MANAGE)
    assert caller.account.id == acme.account_id
    assert key_digest(new.text[:-1]) is None
    assert key_digest(new.text.removeprefix("twofold_key_")) is None
    assert who(acme, "twofold_key_" + "x" * 43) is None


def test_every_admin_is_mailed(acme: Organisation) -> None:
    """Also the one who did it: their session may be somebody else's."""
    ada, ben = acme.add("Ada", Role.ADMIN), acme.add("Ben")
    made(acme)
    for admin in (acme.owner, ada):
        (mail,) = acme.mails(admin, MailKind.APPLICATION_CHANGED)
        assert (mail.params["application"], mail.params["by"]) == ("Shop", "Olga")
    assert acme.mails(ben, MailKind.APPLICATION_CHANGED) == []


def test_the_last_use_is_noted_once_a_minute(acme: Organisation) -> None:
    """So that the hot route writes it seldom."""
    new = made(acme)
    seen = []
    for seconds in (0, 30, 29, 1):
        acme.clock.advance(seconds)
        who(acme, new.text)
        (view,) = acme.store.call(applications.list_applications, account_id=acme.account_id)
        seen.append(view.keys[0].last_used_at)
    assert seen == [acme.now - 60, acme.now - 60, acme.now - 60, acme.now]


def test_a_flow_runs_only_for_a_key_with_the_scope(acme: Organisation) -> None:
    """The one door of the API (promise P1)."""
    ran = []

    def flow(_tx: Tx, _now: int, caller: ApiCaller) -> str:
        ran.append(caller)
        return "done"

    key = key_digest(made(acme, Scope.VERIFY).text)
    assert key is not None
    assert acme.call(applications.admitted, flow, b"x" * 32, Scope.VERIFY) == NoKey()
    assert acme.call(applications.admitted, flow, key, Scope.ENROL) == NoScope(Scope.ENROL)
    assert ran == []
    assert acme.call(applications.admitted, flow, key, Scope.VERIFY) == "done"
    assert len(ran) == 1


def test_what_cannot_be_made_is_refused_with_a_field(acme: Organisation) -> None:
    """A name, a scope, an overlap, and not too many."""
    args = {"account": acme.account, "actor": acme.owner}
    for name, scopes, wrong in (("", (Scope.VERIFY,), "name"), ("Shop", (), "scopes")):
        refused = acme.call(applications.make, **args, name=name, scopes=scopes)
        assert isinstance(refused, Refused)
        assert refused.field == wrong
    new = made(acme)
    for overlap in (-1, LONGEST_OVERLAP + 1):
        again = acme.call(
            applications.rotate, **args, application_id=new.application.id, overlap=overlap
        )
        assert isinstance(again, Refused)
    twice = acme.call(applications.make, **args, name=" SHOP", scopes=(Scope.VERIFY,))
    assert isinstance(twice, Refused)
    for number in range(MOST_APPLICATIONS - 1):
        made(acme, name=f"Shop {number}")
    more = acme.call(applications.make, **args, name="More", scopes=(Scope.VERIFY,))
    assert isinstance(more, Refused)


def test_other_accounts_have_no_hand_in_it(acme: Organisation) -> None:
    """An application, a key and a name are those of one account."""
    new = made(acme)
    bolt = found(acme.store, acme.clock, "Bolt")
    args = {"account": bolt.account, "actor": bolt.owner}
    id_, key = new.application.id, new.key.id
    assert bolt.call(applications.rotate, **args, application_id=id_, overlap=0) is None
    assert bolt.call(applications.end, **args, application_id=id_) is None
    assert bolt.call(applications.end_key, **args, key_id=key) is None
    assert bolt.store.call(applications.list_applications, account_id=bolt.account_id) == []
    assert who(acme, new.text) is not None
    assert isinstance(made(bolt), NewKey)


def test_an_earlier_end_is_not_put_off(acme: Organisation) -> None:
    """A third key does not give the first one more time than the second did."""
    first = made(acme)
    args = {"account": acme.account, "actor": None, "application_id": first.application.id}
    acme.call(applications.rotate, **args, overlap=60)
    acme.call(applications.rotate, **args, overlap=3600)
    acme.clock.advance(60)
    assert who(acme, first.text) is None
