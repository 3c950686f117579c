"""The repositories of second factors."""

from collections.abc import Sequence
from typing import Protocol

from twofold.core.authenticators import Totp
from twofold.core.passkeys import Ceremony, Challenge, Passkey
from twofold.core.people import Instant, Person
from twofold.core.recovery import RecoveryStanding


class Authenticators(Protocol):
    """TOTP authenticators, secrets sealed at rest by the adapter."""

    def add(self, authenticator: Totp) -> None: ...
    def has_factor(self, person_id: str) -> bool:
        """Whether anything binds the person to a second step, of whatever kind: this is what
        *enrolled* means everywhere.
        """
        ...

    def in_force(self, person_id: str) -> Sequence[Totp]:
        """Those that the person signs in with, the oldest first."""
        ...

    def pending(self, person_id: str) -> Totp | None: ...
    def of(self, person_id: str, *, limit: int) -> Sequence[Totp]:
        """The newest of the person's, whatever became of them; replaced ones explain old codes."""
        ...

    def set_app(self, authenticator_id: str, app: str) -> None:
        """Note which app is being set up; only while it is pending."""
        ...

    def claim_step(self, authenticator_id: str, step: int, *, drift: int, offset: int) -> bool:
        """THE consumption of a code (promise P2): one conditional update, true only if `step`
        is greater than every step accepted before.
        """
        ...

    def burn(self, authenticator_id: str, step: int) -> None:
        """No code of an active one up to `step` counts any more."""
        ...

    def used_beyond(self, step: int) -> Sequence[Totp]:
        """Active and pending ones of the whole deployment whose last used step is greater."""
        ...

    def bring_back(self, authenticator_id: str, step: int, *, expected: int) -> bool:
        """Lower the last used step to `step`; false if it was not `expected` any more."""
        ...

    def activate(self, authenticator_id: str, *, at: Instant) -> bool:
        """Pending to active; false if it was not pending any more."""
        ...

    def retire(self, person_id: str, which: str, *, keep: str, at: Instant) -> int:
        """The active authenticator `which` of the person becomes replaced, or with `EVERY` all but
        `keep`; how many.
        """
        ...

    def remove(self, person_id: str, authenticator_id: str, *, at: Instant) -> bool:
        """An active one of the person becomes removed; false if there is none of this id."""
        ...

    def rename(self, person_id: str, authenticator_id: str, name: str) -> bool:
        """Give an active one of the person a name; false if there is none of this id."""
        ...

    def asked(self, person_id: str, *, at: Instant) -> None:
        """The person was asked whether their authenticators still work, and answered."""
        ...

    def disable(self, person_id: str, *, at: Instant) -> int:
        """No code of the person's active authenticators counts any more; how many were not
        disabled already. They go on binding the person.
        """
        ...

    def discard_pending(self, person_id: str) -> int:
        """Delete pending set-ups with their secrets; how many."""
        ...


class Recovery(Protocol):
    """Recovery codes, as keyed hashes."""

    def replace(
        self, person: Person, hashes: Sequence[str], *, ids: Sequence[str], at: Instant
    ) -> None:
        """A new set; what was left of the one before is dead."""
        ...

    def use(self, person_id: str, hashes: Sequence[str], *, at: Instant) -> bool:
        """THE consumption of a recovery code (promise P2): one conditional update. `hashes` is
        everything under which it may be stored (`Tx.keyed_digests`).
        """
        ...

    def is_spent(self, person_id: str, hashes: Sequence[str]) -> bool:
        """Whether it is one of the set that was used before."""
        ...

    def standing(self, person_id: str) -> RecoveryStanding | None:
        """What the person has in store, or None without a set."""
        ...

    def stored(self, person_id: str, *, at: Instant) -> bool:
        """The person says that they have stored their set; false if they said so before."""
        ...

    def end_all(self, person_id: str) -> int:
        """The set is dead; how many codes of it were left."""
        ...


class Passkeys(Protocol):
    """Passkeys, their keys sealed at rest by the adapter."""

    def add(self, passkey: Passkey) -> bool:
        """Insert; false if the credential is known already, also as somebody else's."""
        ...

    def of(self, person_id: str) -> Sequence[Passkey]:
        """The person's, the oldest first."""
        ...

    def count(self, person_id: str) -> int: ...
    def by_credential(self, credential_id: bytes) -> Passkey | None: ...
    def claim(self, passkey_id: str, *, sign_count: int, backed_up: bool, at: Instant) -> bool:
        """THE use of a passkey (promise P2): one conditional update, true only if the counter has
        risen since the last use, or if this authenticator never counts.
        """
        ...

    def rename(self, person_id: str, passkey_id: str, name: str) -> bool: ...
    def remove(self, person_id: str, passkey_id: str) -> bool: ...
    def remove_all(self, person_id: str) -> int: ...


class Challenges(Protocol):
    """Ceremonies that were begun."""

    def add(self, challenge: Challenge, challenge_hash: bytes) -> None: ...
    def use(
        self, challenge_hash: bytes, *, ceremony: Ceremony, bound_to: str, at: Instant
    ) -> Challenge | None:
        """THE consumption of a challenge (promise P2): one conditional update, before anything of
        an answer is looked at.
        """
        ...

    def alive_of(self, person_id: str, now: Instant) -> int: ...
    def alive_from(self, source: str, now: Instant) -> int: ...
    def end_all(self, person_id: str) -> int: ...
    def purge(self, before: Instant) -> int: ...
