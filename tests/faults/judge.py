"""The judge: whether what is in the database fits what was acknowledged, whatever happened.

It reads rows and not flows: what it is to find are mistakes of the flows and of the store under
them. `INVARIANTS` says in a sentence each what it holds to.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, text

from tests.faults.cast import Cast
from tests.faults.history import Act, History, Told
from tests.mail.servers import Received
from twofold.core.errors import SealError
from twofold.core.events import Seal
from twofold.core.otp import STEP_SECONDS
from twofold.core.throttle import SP800_63B4_LADDER, unpacked
from twofold.core.tokens import Purpose, digest
from twofold.storage.engine import (
    is_sqlite,
    parse_url,
    postgres_engine,
    sqlite_driver,
    sqlite_read_engine,
)
from twofold.storage.events import Events
from twofold.storage.sealed import COLUMNS, stretches
from twofold.storage.sealing import KeyRing, read_keys
from twofold.storage.store import KEY_FILE, sqlite_path
from twofold.system import SystemRandom

INVARIANTS = {
    "I1": "A code, a recovery code and a link is accepted once at most, however often it is sent.",
    "I2": "No session claims a factor without an accepted attempt of the same person at that time.",
    "I3": "What was acknowledged is there after every fault; what was not is there whole or not.",
    "I4": "Refused codes are counted: never fewer than were acknowledged, never beyond the limit.",
    "I5": "No mail is lost, and however often one is sent it carries the same Message-ID.",
    "I6": "Everything that is sealed opens with the key file.",
    "I7": "The audit log's chain holds, its head is sealed, and every accepted code stands in it.",
    "I8": "No answer that says that something went wrong lets anybody in.",
}
LETTERS = {Act.RECOVER: "recovery-used", Act.SAVE: "enrolled"}
"""The mail that goes out with these acts."""
MADE_AT = ("queued", "sending", "sent", "failed", "bounced")

Row = Sequence[object]


@contextmanager
def looking_at(database_url: str) -> Iterator[Connection]:
    """A read-only connection of the judge's own."""
    url = parse_url(database_url)
    if is_sqlite(url):
        engine = sqlite_read_engine(sqlite_path(url), sqlite_driver())
    else:
        engine = postgres_engine(url, 1)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def judged(
    history: History,
    cast: Cast,
    folder: Path,
    database_url: str,
    received: Sequence[Received] | None = None,
) -> list[str]:
    """Every violation as a sentence that begins with its invariant; empty where all hold.

    `received` is what the mail server got, where there is one.
    """
    ring = KeyRing(read_keys(folder / KEY_FILE), SystemRandom())
    with looking_at(database_url) as connection:
        return list(Judge(history, cast, connection, ring, received).violations())


@dataclass
class Judge:
    """One look at one moment of the database."""

    history: History
    cast: Cast
    connection: Connection
    ring: KeyRing
    received: Sequence[Received] | None = None
    found: list[str] = field(default_factory=list)

    def violations(self) -> list[str]:
        """Ask for each invariant."""
        for name in INVARIANTS:
            check: Callable[[], Iterator[str]] = getattr(self, name.lower())
            self.found += [f"{name} ({INVARIANTS[name]}) {said}" for said in check()]
        return self.found

    def rows(self, statement: str, **values: object) -> Sequence[Row]:
        """What the database says."""
        return [tuple(row) for row in self.connection.execute(text(statement), values)]

    def counted(self, statement: str, **values: object) -> Counter[object]:
        """A column of keys, a column of numbers."""
        return Counter({row[0]: int(str(row[1])) for row in self.rows(statement, **values)})

    def i1(self) -> Iterator[str]:
        """Accepted once."""
        steps = self.rows(
            f"SELECT authenticator_id, tried_at / {STEP_SECONDS} + step_offset, count(*)"
            " FROM attempts WHERE outcome = 'accepted' AND authenticator_id IS NOT NULL"
            " AND step_offset IS NOT NULL GROUP BY 1, 2 HAVING count(*) > 1"
        )
        for authenticator, step, times in steps:
            yield f"step {step} of {authenticator} was accepted {times} times"
        told = Counter(
            (one.person_id, one.step, one.proof)
            for one in self.history.those(Act.SIGN_IN, Act.VERIFY, Act.REPLAY, told=Told.YES)
            if one.step
        )
        retried = self._retries()
        for (person, step, proof), times in told.items():
            if times - retried[person, step, proof] > 1:
                yield f"{person} was told {times} times that the code of step {step} is right"
        yield from self._stand_ins()

    def _retries(self) -> Counter[tuple[str, int, str]]:
        """Answers that were asked for again under the same id of an attempt: one and the same."""
        seen: dict[tuple[str, str], int] = defaultdict(int)
        again: Counter[tuple[str, int, str]] = Counter()
        for one in self.history.those(Act.VERIFY, told=Told.YES):
            if one.attempt:
                seen[one.person_id, one.attempt] += 1
                if seen[one.person_id, one.attempt] > 1:
                    again[one.person_id, one.step, one.proof] += 1
        return again

    def _stand_ins(self) -> Iterator[str]:
        used = self.counted(
            "SELECT person_id, count(*) FROM recovery_codes WHERE used_at IS NOT NULL GROUP BY 1"
        )
        proved = self.counted(
            "SELECT person_id, count(*) FROM attempts WHERE outcome = 'accepted'"
            " AND purpose = 'recovery' GROUP BY 1"
        )
        for person in used | proved:
            if used[person] != proved[person]:
                yield f"{person}: {used[person]} recovery codes used, {proved[person]} accepted"
        links = Counter(one.proof for one in self.history.those(Act.LINK, told=Told.YES))
        codes = Counter(one.proof for one in self.history.those(Act.RECOVER, told=Told.YES))
        for what, times in (links + codes).items():
            if times > 1:
                yield f"a one-time {'link' if what in links else 'code'} worked {times} times"

    def i2(self) -> Iterator[str]:
        """No factor without a proof."""
        lonely = self.rows(
            "SELECT s.id, s.person_id FROM sessions s WHERE s.factor_at IS NOT NULL"
            " AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.person_id = s.person_id"
            " AND a.outcome = 'accepted' AND a.tried_at = s.factor_at)"
        )
        for session, person in lonely:
            yield f"the session {session} of {person} has no accepted attempt"
        half = self.rows(
            "SELECT s.id FROM sessions s JOIN people p ON p.id = s.person_id"
            " WHERE s.factor_at IS NULL AND s.methods LIKE '%otp%'"
        )
        for (session,) in half:
            yield f"the session {session} says otp and has no moment of it"

    def i3(self) -> Iterator[str]:
        """Nothing acknowledged is lost."""
        yield from self._sessions()
        yield from self._set_ups()
        used = self.counted(
            "SELECT person_id, count(*) FROM recovery_codes WHERE used_at IS NOT NULL GROUP BY 1"
        )
        told = self.history.by_person(lambda one: one.act is Act.RECOVER and one.told is Told.YES)
        for person, times in told.items():
            if used[person] < times:
                yield f"{person} used {times} recovery codes, {used[person]} are marked"
        for one in self.history.those(Act.LINK, told=Told.YES):
            token = digest(Purpose.PASSWORD, one.proof)
            if not self.rows(
                "SELECT 1 FROM links WHERE token_hash = :token AND used_at IS NOT NULL", token=token
            ):
                yield f"the link of {one.person_id} worked and is not used"
        yield from self._accepted()

    def _accepted(self) -> Iterator[str]:
        """Accepted codes whose attempt or claimed step is gone."""
        claimed = self.counted(
            "SELECT person_id, max(last_step) FROM authenticators WHERE state = 'active' GROUP BY 1"
        )
        for one in self.history.those(Act.SIGN_IN, Act.VERIFY, told=Told.YES):
            if one.step and claimed[one.person_id] < one.step:
                yield f"{one.person_id}: step {one.step} was accepted, the newest used is older"

    def _sessions(self) -> Iterator[str]:
        stored = {bytes(row[0]) for row in self.rows("SELECT token_hash FROM sessions")}  # type: ignore[arg-type]
        ended = {one.proof for one in self.history.those(Act.REVOKE)}
        # Saving a set-up, and a new password, end the sessions before.
        last = {one.person_id: one.at for one in self.history.those(Act.SAVE, Act.LINK)}
        for one in self.history.entries:
            kept = one.session and one.session not in ended and one.at >= last.get(one.person_id, 0)
            if kept and digest(Purpose.SESSION, one.session) not in stored:
                yield f"a session of {one.person_id} was handed over and is not there"
        for one in self.history.those(Act.REVOKE, told=Told.YES):
            if digest(Purpose.SESSION, one.proof) in stored:
                yield f"a session of {one.person_id} was ended and is there"

    def _set_ups(self) -> Iterator[str]:
        active = defaultdict(set)
        for person, id_, sealed in self.rows(
            "SELECT person_id, id, sealed_secret FROM authenticators WHERE state = 'active'"
        ):
            active[person].add(self.ring.open(COLUMNS[0].place, str(id_), bytes(sealed)))  # type: ignore[call-overload]
        for member in self.cast.everybody:
            if member.secret and member.secret not in active[member.id]:
                yield f"{member.id} saved a set-up that is not there"
        events = self.counted(
            "SELECT subject_id, count(*) FROM events WHERE kind = 'authenticator:added' GROUP BY 1"
        )
        codes = self.counted("SELECT person_id, count(*) FROM recovery_codes GROUP BY 1")
        proofs = self.counted(
            "SELECT person_id, count(*) FROM attempts WHERE outcome = 'accepted'"
            " AND purpose = 'enrol' GROUP BY 1"
        )
        for person in set(active) | set(events) | set(codes) | set(proofs):
            parts = (len(active[person]), events[person], codes[person], proofs[person])
            if parts != (1, 1, 10, 1):
                yield f"{person}: (authenticators, entries, recovery codes, proofs) is {parts}"

    def i4(self) -> Iterator[str]:
        """Refusals are counted."""
        stored = self.counted(
            "SELECT person_id, count(*) FROM attempts"
            " WHERE outcome IN ('wrong', 'reserved', 'repeated') GROUP BY 1"
        )
        told = self.history.by_person(lambda one: one.act is Act.WRONG and one.told is Told.NO)
        for person, times in told.items():
            if stored[person] < times:
                yield f"{person} was refused {times} codes, {stored[person]} are counted"
        counted = self.counted(
            "SELECT person_id, count(*) FROM attempts"
            " WHERE outcome IN ('wrong', 'reserved') GROUP BY 1"
        )
        for person, times in counted.items():
            if times > SP800_63B4_LADDER.disable_after:
                yield f"{times} codes of {person} were looked at"
        for member in self.cast.suspects:
            kept = self.rows(
                "SELECT state FROM counters WHERE key = :key", key=f"code:person:{member.id}"
            )
            least = min(counted[member.id], SP800_63B4_LADDER.disable_after)
            if counted[member.id] and (not kept or len(unpacked(str(kept[0][0])).failures) < least):
                yield f"{member.id}: {least} wrong codes, and the guard has {kept}"

    def i5(self) -> Iterator[str]:
        """Mails."""
        mails = self.rows("SELECT message_id, state, person_id, kind FROM mails")
        ids = {str(row[0]) for row in mails}
        if len(ids) != len(mails):
            yield "two mails have one Message-ID"
        for message_id, state, *_ in mails:
            if state not in MADE_AT:
                yield f"the mail {message_id} is {state}"
        kinds = Counter((row[2], row[3]) for row in mails)
        for act, kind in LETTERS.items():
            told = self.history.by_person(
                lambda one, act=act: one.act is act and one.told is Told.YES  # type: ignore[misc]
            )
            for person, times in told.items():
                if kinds[person, kind] < times:
                    yield f"{person} is owed {times} mails of the kind {kind}"
        if self.received is not None:
            yield from self._arrived(mails, ids)

    def _arrived(self, mails: Sequence[Row], ids: set[str]) -> Iterator[str]:
        arrived: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for one in self.received or ():
            message = one.message
            arrived[str(message["Message-ID"])].add((str(message["To"]), message.as_string()))
        for message_id in set(arrived) - ids:
            yield f"a mail arrived that nobody wrote: {message_id}"
        for message_id, forms in arrived.items():
            if len({to for to, _ in forms}) > 1:
                yield f"{message_id} went to two people"
        for message_id, state, *_ in mails:
            if state == "sent" and str(message_id) not in arrived:
                yield f"{message_id} counts as sent and never arrived"

    def i6(self) -> Iterator[str]:
        """Sealed values."""
        for one in COLUMNS:
            for rows in stretches(self.connection, one):
                for id_, sealed, *also in rows:
                    try:
                        self.ring.open(one.place, one.name_of(id_, *also), bytes(sealed))
                    except SealError:
                        yield f"{one.place} of {id_} does not open"

    def i7(self) -> Iterator[str]:
        """The log."""
        log = Events(self.connection, self.ring)
        for (account,) in self.rows("SELECT id FROM accounts"):
            if (broken := log.verify(str(account))) is not None:
                yield f"the chain of {account} breaks at {broken}"
            if log.seal(str(account)) is not Seal.WHOLE:
                yield f"the head of {account} is {log.seal(str(account))}"
        proved = self.counted(
            "SELECT person_id, count(*) FROM attempts WHERE outcome = 'accepted' GROUP BY 1"
        )
        written = self.counted(
            "SELECT subject_id, count(*) FROM events WHERE kind = 'code:accepted' GROUP BY 1"
        )
        for person in proved | written:
            if proved[person] != written[person]:
                yield f"{person}: {proved[person]} codes accepted, {written[person]} in the log"
        refused = self.counted(
            "SELECT person_id, count(*) FROM attempts"
            " WHERE outcome IN ('wrong', 'reserved', 'used') GROUP BY 1"
        )
        entries = self.counted(
            "SELECT subject_id, count(*) FROM events WHERE kind = 'code:refused' GROUP BY 1"
        )
        for person in refused | entries:
            if refused[person] != entries[person]:
                yield f"{person}: {refused[person]} codes refused, {entries[person]} in the log"

    def i8(self) -> Iterator[str]:
        """Errors let nobody in."""
        yield from self.history.leaks
