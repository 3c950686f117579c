"""Browsers that a person has signed in with: known ones, and trusted ones among them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from twofold.core.authenticators import Totp
from twofold.core.passkeys import Passkey
from twofold.core.people import DAY, Instant, Person

KNOWN_FOR = 180 * DAY
"""Seconds for which a browser is known after a complete sign-in; absolute, never sliding."""
TRUSTED_FOR = 30 * DAY
"""Seconds for which a trusted browser may skip the code, at most."""


@dataclass(frozen=True, slots=True)
class Browser:
    """One browser of one person. Its cookie proves nothing: it chooses whose budget pays."""

    id: str
    account_id: str
    person_id: str
    name: str
    """In three words, for recognising it."""
    address: str
    """The address of its last sign-in."""
    created_at: Instant
    seen_at: Instant
    trusted_until: Instant | None
    """May skip the code until then, or None."""
    factors: str
    """`factors_of` at the moment of trust: any change of factors ends it."""

    def is_known(self, now: Instant) -> bool:
        """Whether its own budget counts."""
        return now - self.created_at < KNOWN_FOR

    def is_trusted(self, now: Instant, factors: str) -> bool:
        """Whether it may skip the code: trusted, in time, and under the same set of factors."""
        return (
            self.is_known(now)
            and self.trusted_until is not None
            and now < self.trusted_until
            and self.factors == factors
        )


def factors_of(
    person: Person, authenticators: Sequence[Totp], passkeys: Sequence[Passkey] = ()
) -> str:
    """A fingerprint of everything that somebody proves themselves with.

    It changes with the password, with any authenticator that is added, replaced, removed or
    disabled, and with any passkey, so that trust ends by itself and no clean-up can be forgotten.
    """
    states = sorted(f"{one.id} {one.disabled_at}" for one in authenticators)
    parts = [str(person.password_version), *states, *sorted(one.id for one in passkeys)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
