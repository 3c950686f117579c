"""A delayed recovery in steps, for the tests that look at one."""

from dataclasses import dataclass, field

from tests.world import DESK, HERE, Organisation
from twofold.core.authenticators import Totp
from twofold.core.mail import Mail, MailKind
from twofold.core.people import DAY, Person
from twofold.core.sessions import HalfCaller
from twofold.core.waits import Wait
from twofold.flows import enrol, recovery_link, waits
from twofold.flows.links import LinkTrouble
from twofold.flows.sign_in import SignedIn

HOURS = 72


def allow(acme: Organisation, hours: int = HOURS) -> None:
    """An admin lets the account's people recover by waiting."""
    acme.call(waits.set_length, caller=acme.caller(acme.owner), hours=hours)


def enrolled(acme: Organisation, name: str = "Ben") -> Person:
    """A member with an authenticator, in an account that allows to wait."""
    person = acme.add(name)
    acme.enrol(person)
    if not acme.account.wait_hours:
        allow(acme)
    return acme.person(person.id)


def link_for(acme: Organisation, person: Person) -> str:
    """The token of the link that begins a wait, asked for after the password."""
    acme.call(waits.ask, half=acme.half(person), source=DESK)
    return acme.token(person, MailKind.WAIT_LINK)


def begun(acme: Organisation, person: Person) -> Wait:
    """A wait that has just begun; nothing of it has left yet."""
    wait = acme.call(waits.start, token=link_for(acme, person))
    assert isinstance(wait, Wait)
    return wait


def standing(acme: Organisation, person: Person) -> Wait:
    """The person's newest wait as it is stored."""
    found = acme.store.call(lambda tx: waits.latest(tx, person_id=person.id))
    assert found is not None
    return found


@dataclass
class Days:
    """Days that pass with a worker and a mail server beside them."""

    acme: Organisation
    delivered: list[Mail] = field(default_factory=list)
    """What the mail server took, with the links in it."""

    def post(self) -> None:
        """The mail server takes everything that waits."""
        now = self.acme.now
        due = self.acme.store.call(lambda tx: tx.mails.claim(now, limit=1000))
        for mail in due:
            self.acme.store.call(lambda tx, id_=mail.id: tx.mails.sent(id_, attempts=1, at=now))
        self.delivered += due

    def work(self) -> None:
        """What a worker does at one moment: everything that is due, then the post."""
        for _ in range(50):
            if not self.acme.call(waits.tick):
                return self.post()
        raise AssertionError("there is always something due")

    def live(self, days: int, *, every: int = DAY // 4) -> None:
        """Let days pass."""
        self.work()
        for _ in range(days * DAY // every):
            self.acme.clock.advance(every)
            self.work()

    def tokens(self, person: Person, kind: MailKind) -> list[str]:
        """The tokens in the mails of one kind that reached the person, oldest first."""
        return [
            str(mail.params["token"])
            for mail in self.delivered
            if mail.person_id == person.id and mail.kind is kind
        ]


def set_up_by(acme: Organisation, person: Person, token: str) -> SignedIn:
    """Password, the mailed link, the set-up, Save."""
    cookie, way = at_set_up(acme, person, token)
    pending = acme.call(enrol.begin_demanded, half=half_of(acme, cookie), token=way)
    assert isinstance(pending, Totp)
    typed = acme.code_of(pending)
    done = acme.call(
        enrol.save_demanded, half=half_of(acme, cookie), token=way, typed=typed, place=HERE
    )
    assert isinstance(done, SignedIn)
    return done


def at_set_up(acme: Organisation, person: Person, token: str) -> tuple[str, str]:
    """Password and the mailed link: the cookie, and the token of the set-up that follows."""
    cookie = acme.half_token(person)
    way = acme.call(recovery_link.use, half=half_of(acme, cookie), token=token)
    assert not isinstance(way, LinkTrouble)
    return cookie, way


def half_of(acme: Organisation, cookie: str) -> HalfCaller:
    """The half-finished sign-in of a cookie."""
    half = acme.half_of(cookie)
    assert half is not None
    return half
