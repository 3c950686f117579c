"""What the clients were told: every answer, written down in the order in which it came."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Told(StrEnum):
    """What an answer means to whoever gets it."""

    YES = "yes"
    """It is done: let in, saved, ended."""
    NO = "no"
    """Looked at and refused: a wrong code that was counted."""
    OTHER = "other"
    """Refused unread, asked for something else: nothing follows from it."""
    BUSY = "busy"
    """503 or another answer of 500 and above: nothing is promised."""
    UNKNOWN = "unknown"
    """No answer came: it may have happened or not."""


class Act(StrEnum):
    """What was asked for."""

    SIGN_IN = "sign-in"
    VERIFY = "verify"
    SAVE = "save"
    RECOVER = "recover"
    REVOKE = "revoke"
    WRONG = "wrong"
    REPLAY = "replay"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Entry:
    """One request that decides something, and its answer."""

    act: Act
    person_id: str
    told: Told
    step: int = 0
    """The step of the code that was sent."""
    proof: str = ""
    """The code, recovery code or link that was sent."""
    session: str = ""
    """The session's token, where one was handed over or ended."""
    attempt: str = ""
    status: int = 0
    at: float = 0.0


@dataclass
class History:
    """All entries; many threads write."""

    entries: list[Entry] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)
    """Answers of 500 and above that let somebody in all the same."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, entry: Entry) -> Entry:
        """Write one down."""
        with self._lock:
            self.entries.append(entry)
        return entry

    def those(self, *acts: Act, told: Told | None = None) -> Sequence[Entry]:
        """Entries of these kinds."""
        return [
            one for one in self.entries if one.act in acts and (told is None or one.told is told)
        ]

    def count(self, told: Told) -> int:
        """How many were answered so."""
        return sum(one.told is told for one in self.entries)

    def by_person(self, keep: Callable[[Entry], bool]) -> dict[str, int]:
        """How many entries of each person are to be kept."""
        found: dict[str, int] = {}
        for one in self.entries:
            if keep(one):
                found[one.person_id] = found.get(one.person_id, 0) + 1
        return found
