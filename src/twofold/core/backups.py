"""What a backup is, and what became of one that was tried."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from twofold.core.people import Instant


@dataclass(frozen=True, slots=True)
class InAccount:
    """What a backup holds of one organisation."""

    name: str
    people: int
    authenticators: int
    events: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup is."""

    id: str
    """By which the journal of the database knows it."""
    made_at: Instant
    version: str
    """Of the Twofold that made it."""
    revision: str
    """Of the tables in it."""
    source: str
    """`sqlite` or `postgresql`: what it is a backup of."""
    size: int
    """Bytes of the database."""
    sha256: str
    keys: Sequence[str]
    """Ids of the keys that open what is sealed in it."""
    accounts: Sequence[InAccount]
    rows: Mapping[str, int]
    """How many rows each table has."""
    left_out: Sequence[str]
    """Tables and columns of the database that are not of this version's making."""
    key_lines: str | None
    """The key file itself, where somebody asked for it to be in here."""

    def __repr__(self) -> str:
        """Without the keys, which may be in here."""
        return f"Manifest(made_at={self.made_at}, revision={self.revision!r})"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    is_ok: bool
    says: str


@dataclass(slots=True)
class Verified:
    """What became of a backup that was looked at."""

    manifest: Manifest | None
    """None where the file is not whole."""
    checks: list[Check] = field(default_factory=list)

    @property
    def is_ok(self) -> bool:
        """Whether it would bring everything back."""
        return all(check.is_ok for check in self.checks)
