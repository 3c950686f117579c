"""The organisation that a run is played with: made by the real flows before the service starts, so
that every secret, recovery code and link is known to the clients.
"""

import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.conftest import FixedClock
from tests.world import HERE, Organisation, found
from twofold.core.applications import Scope
from twofold.core.authenticators import Totp
from twofold.core.otp import code_at, step_at
from twofold.core.people import Person
from twofold.core.rules import EVERYBODY
from twofold.core.tokens import Purpose
from twofold.flows import applications, enrol, pauses
from twofold.flows.links import mint
from twofold.flows.sign_in import SignedIn
from twofold.hashing import Argon2Hasher
from twofold.ports import Store
from twofold.settings import load
from twofold.storage import open_storage
from twofold.system import SystemRandom

PASSWORD, NEW_PASSWORD = "a lamp, a ladder, a lake", "seven quiet herons at noon"
BEFORE = 600
"""Seconds before now in which the organisation was made."""


@dataclass
class Member:
    """Somebody as their own phone and memory know them."""

    id: str
    email: str
    external_id: str
    password: str = PASSWORD
    secret: bytes = b""
    last_step: int = 0
    """The newest step whose code was sent anywhere, answered or not."""
    codes: list[str] = field(default_factory=list)
    """Recovery codes that were not sent yet."""
    link: str = ""
    tokens: list[str] = field(default_factory=list)
    """Sessions that are open, as far as is known."""

    def code(self, step: int) -> str:
        """What the phone shows in that interval."""
        return code_at(self.secret, step)

    def new_step(self, now: float) -> int | None:
        """The present step if no code of it was sent yet."""
        step = step_at(int(now))
        if step <= self.last_step:
            return None
        self.last_step = step
        return step

    def wrong(self, now: float) -> str:
        """Six digits that the phone does not show these minutes."""
        step = step_at(int(now))
        right = {self.code(step + near) for near in range(-9, 10)}
        return next(code for code in map("{:06}".format, range(999_999)) if code not in right)


@dataclass
class Cast:
    """Everybody, by what they do in a run."""

    account_id: str
    key: str
    """Of an application that checks codes."""
    enrolled: list[Member]
    newcomers: list[Member]
    forgetful: list[Member]
    """They hold a link for a new password."""
    suspects: list[Member]
    """They only ever enter wrong codes."""

    @property
    def everybody(self) -> list[Member]:
        """All of them."""
        return [*self.enrolled, *self.newcomers, *self.forgetful, *self.suspects]


def make_cast(
    folder: Path,
    database_url: str,
    *,
    enrolled: int = 30,
    newcomers: int = 6,
    forgetful: int = 6,
    suspects: int = 6,
) -> Cast:
    """Make the deployment in `folder`, and close it again."""
    random = SystemRandom()
    store = open_storage(database_url, folder, random)
    try:
        acme = found(store, FixedClock(int(time.time()) - BEFORE))
        encoded = cheap_hasher().hash_now(PASSWORD)
        _offer(acme)
        made = [_member(acme, number, encoded) for number in range(enrolled + suspects)]
        for member in made:
            _enrol(acme, member)
        plain = [
            _member(acme, 1000 + number, encoded) for number in range(newcomers + forgetful)
        ]  # fmt: skip
        for member in plain[newcomers:]:
            member.link = _link(store, acme, member)
        key = acme.call(
            applications.make,
            account=acme.account,
            actor=None,
            name="Shop",
            scopes=tuple(Scope),
        )
        assert isinstance(key, applications.NewKey)
        return Cast(
            acme.account_id,
            key.text,
            made[:enrolled],
            plain[:newcomers],
            plain[newcomers:],
            made[enrolled:],
        )
    finally:
        store.close()


def cheap_hasher() -> Argon2Hasher:
    """At the cost that the services of these tests run with."""
    cheap = load({"TWOFOLD_ARGON2_MEMORY_KIB": "7168", "TWOFOLD_ARGON2_TIME": "5"})
    return Argon2Hasher(
        memory_kib=cheap.argon2_memory_kib,
        time_cost=cheap.argon2_time,
        parallelism=cheap.argon2_parallelism,
        threads=1,
    )


def _offer(acme: Organisation) -> None:
    """A second step may be set up by everybody and is asked of nobody without one."""
    refused = acme.call(
        pauses.set_stance, caller=acme.caller(acme.owner), target=EVERYBODY, offered=True
    )
    assert refused is None


def _member(acme: Organisation, number: int, encoded: str) -> Member:
    person = acme.add(f"P{number}")
    acme.store.call(lambda tx: _known(tx, person, f"ext-{number}", encoded))
    return Member(person.id, person.email, f"ext-{number}")


def _known(tx: object, person: Person, external_id: str, encoded: str) -> None:
    people = tx.people  # type: ignore[attr-defined]
    people.set_password(person.id, encoded, expected_version=person.password_version)
    people.set_details(
        person.id,
        name=person.name,
        language=person.language,
        zone=person.zone,
        external_id=external_id,
    )


def _enrol(acme: Organisation, member: Member) -> None:
    caller = acme.caller(acme.person(member.id))
    pending = acme.call(enrol.begin_own, caller=caller)
    assert isinstance(pending, Totp)
    saved = acme.call(enrol.save_own, caller=caller, typed=acme.code_of(pending), place=HERE)
    assert isinstance(saved, SignedIn)
    member.secret, member.codes = pending.secret, list(saved.codes)
    member.last_step = step_at(acme.now)


def _link(store: Store, acme: Organisation, member: Member) -> str:
    person = acme.person(member.id)
    return store.call(lambda tx: mint(tx, acme.now, Purpose.PASSWORD, person))[0]
