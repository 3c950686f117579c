"""A month of ordinary codes in an organisation, and a morning on which one app fails."""

from tests.world import DESK, Organisation
from twofold.core.attempts import Attempt, AttemptPurpose, Outcome, Source
from twofold.core.authenticators import AuthenticatorState, Totp
from twofold.core.diagnosis import Cause
from twofold.core.people import DAY, Instant, Person, PersonState, Role
from twofold.ports import Tx

ANDROID, AUTHY = "microsoft-authenticator-android", "authy-ios"
PHONE = Source("192.0.2.8", "Chrome on Android")


def member(acme: Organisation, number: int) -> Person:
    """One of many."""
    return Person(
        id=f"{acme.account_id}-{number:03}",
        account_id=acme.account_id,
        name=f"Person {number:03}",
        email=f"person{number:03}@{acme.account.name.lower()}.example",
        role=Role.MEMBER,
        state=PersonState.ACTIVE,
        has_password=True,
        password_version=1,
        must_change_password=False,
        created_at=acme.now,
    )


def authenticator(person: Person, app: str) -> Totp:
    """What they confirm with."""
    return Totp(
        id=f"t-{person.id}",
        account_id=person.account_id,
        person_id=person.id,
        state=AuthenticatorState.ACTIVE,
        secret=b"12345678901234567890",
        issuer="Acme",
        label=person.email,
        created_at=person.created_at,
        begun_in="",
        confirmed_at=person.created_at,
        disabled_at=None,
        last_step=0,
        drift=0,
        last_offset=0,
        app=app,
    )


def code(acme: Organisation, person: Person, at: Instant, cause: Cause | None = None) -> Attempt:
    """A code of theirs, refused for a cause or accepted."""
    return Attempt(
        id=acme.store.call(lambda tx: tx.random.new_id()),
        account_id=person.account_id,
        person_id=person.id,
        purpose=AttemptPurpose.SIGN_IN,
        outcome=Outcome.ACCEPTED if cause is None else Outcome.WRONG,
        at=at,
        authenticator_id=f"t-{person.id}",
        offset=None,
        known_browser=False,
        source=DESK if int(person.id[-3:]) % 3 else PHONE,
        cause=cause,
        certain=cause is not None,
    )


def ordinary_month(acme: Organisation, count: int = 60) -> list[Person]:
    """So many people, half of them with Microsoft Authenticator on Android, each with codes on
    twelve days; one in thirty was refused.
    """
    people = [member(acme, number) for number in range(count)]
    codes = [
        code(
            acme,
            person,
            acme.now - (2 + 2 * day) * DAY + number * 40,
            Cause.NO_MATCH if (number + day) % 30 == 0 else None,
        )
        for day in range(12)
        for number, person in enumerate(people)
    ]

    def write(tx: Tx) -> None:
        for number, person in enumerate(people):
            tx.people.add(person, password=None)
            tx.authenticators.add(authenticator(person, ANDROID if number % 2 else AUTHY))
        for one in codes:
            tx.attempts.add(one)

    acme.store.call(write)
    return people


def bad_morning(acme: Organisation, people: list[Person], cause: Cause = Cause.PARAMETERS) -> None:
    """Half an hour in which everybody signs in, and whoever has the app on Android is refused
    again and again; it ends now.
    """
    begin = acme.now - 1800
    codes = []
    for number, person in enumerate(people):
        at = begin + number * 1500 // len(people)
        wrong = cause if number % 2 else None
        codes += [code(acme, person, at + n * 60, wrong) for n in range(3 if wrong else 1)]

    def write(tx: Tx) -> None:
        for one in codes:
            tx.attempts.add(one)

    acme.store.call(write)
