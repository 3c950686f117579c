"""People with security keys, for the tests of the flows."""

from tests.security_keys import SecurityKey
from tests.world import HERE, Organisation
from twofold.core.passkeys import Passkey, RelyingParty
from twofold.core.people import Person
from twofold.core.sessions import Caller, HalfCaller
from twofold.flows import passkey_proofs, passkeys
from twofold.flows.ceremonies import PasskeyRefused
from twofold.flows.passkeys import Offer
from twofold.flows.sign_in import From, SignedIn, SignInEnded

PARTY = RelyingParty("login.acme.example", "https://login.acme.example")
COOKIE = "the cookie of a sign-in page"


def new_key(**make: object) -> SecurityKey:
    """A security key in a browser at our site."""
    return SecurityKey(origin=PARTY.origin, rp_id=PARTY.id, **make)  # type: ignore[arg-type]


def offer(acme: Organisation, caller: Caller) -> str:
    """What the browser is asked to make."""
    begun = acme.call(passkeys.begin, caller=caller, party=PARTY, place=HERE)
    assert isinstance(begun, Offer)
    return begun.options


def give(
    acme: Organisation, caller: Caller, key: SecurityKey | None = None, name: str = ""
) -> tuple[SecurityKey, Caller]:
    """Set a key up from a session; the key, and who asks from now on."""
    key = key or new_key()
    saved = acme.call(
        passkeys.save,
        caller=caller,
        party=PARTY,
        sent=key.create(offer(acme, caller)),
        name=name,
        place=HERE,
    )
    assert isinstance(saved, SignedIn)
    renewed = acme.caller_of(saved.token)
    assert renewed is not None
    return key, renewed


def with_key(acme: Organisation, name: str = "Ben", **make: object) -> tuple[Person, SecurityKey]:
    """Somebody new whose only second factor is a key."""
    person = acme.add(name)
    key, _ = give(acme, acme.caller(person), new_key(**make))
    return person, key


def own(acme: Organisation, person: Person) -> list[Passkey]:
    """The person's passkeys."""
    return list(acme.store.call(passkeys.own, person_id=person.id))


def asked(acme: Organisation, half: HalfCaller) -> str:
    """What the browser is asked at the second step."""
    options = acme.call(passkey_proofs.ask_second_step, half=half, party=PARTY, place=HERE)
    assert options is not None
    return options


def submit(
    acme: Organisation, half: HalfCaller, sent: str, *, trust: bool = False, place: From = HERE
) -> SignedIn | PasskeyRefused | SignInEnded:
    """The second step."""
    return acme.call(
        passkey_proofs.submit_second_step,
        half=half,
        party=PARTY,
        sent=sent,
        trust=trust,
        place=place,
    )


def asked_whole(acme: Organisation, cookie: str = COOKIE) -> str:
    """What the browser is asked on the sign-in page."""
    options = acme.call(passkey_proofs.ask_whole, party=PARTY, cookie=cookie, place=HERE)
    assert options is not None
    return options


def sign_in(
    acme: Organisation, sent: str, *, cookie: str = COOKIE, place: From = HERE
) -> SignedIn | PasskeyRefused:
    """The whole sign-in."""
    return acme.call(
        passkey_proofs.sign_in,
        party=PARTY,
        cookie=cookie,
        sent=sent,
        return_to="/",
        place=place,
    )
