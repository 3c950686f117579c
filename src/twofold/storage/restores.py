"""What a restore does to the rows of yesterday, each in one statement over all people."""

from collections.abc import Mapping, Sequence

from sqlalchemy import (
    ColumnElement,
    Connection,
    Executable,
    bindparam,
    case,
    delete,
    insert,
    not_,
    or_,
    select,
    update,
)

from twofold.core import otp
from twofold.core.authenticators import AuthenticatorState
from twofold.core.desk import RequestState
from twofold.core.drift import FARTHEST
from twofold.core.epoch import Ended, Restore
from twofold.core.people import Instant
from twofold.core.waits import RUNNING, StopReason, WaitState
from twofold.storage.desk_tables import desk_requests, temporary_passes
from twofold.storage.restore_tables import restores
from twofold.storage.tables import (
    authenticators,
    browsers,
    challenges,
    links,
    recovery_codes,
    sessions,
    sign_ins,
    uploads,
    waits,
)

AT = bindparam("at", type_=sessions.c.created_at.type)
ENDINGS: Mapping[str, Executable] = {
    "sessions": delete(sessions),
    "sign_ins": delete(sign_ins),
    "browsers": delete(browsers),
    "challenges": delete(challenges),
    "uploads": delete(uploads),
    "set_ups": delete(authenticators).where(
        authenticators.c.state == AuthenticatorState.PENDING.value
    ),
    "links": update(links).where(links.c.used_at.is_(None)).values(used_at=AT),
    "passes": update(temporary_passes)
    .where(temporary_passes.c.ended_at.is_(None), temporary_passes.c.expires_at > AT)
    .values(ended_at=AT),
    "waits": update(waits)
    .where(waits.c.state.in_([state.value for state in RUNNING]))
    .values(state=WaitState.STOPPED.value, ended_at=AT, stopped_by=StopReason.RESTORED.value),
    "requests": update(desk_requests)
    .where(desk_requests.c.state == RequestState.WAITING.value)
    .values(state=RequestState.REFUSED.value, decided_at=AT),
}
UNUSED = recovery_codes.c.used_at.is_(None)
NEWEST = select(
    restores.c.id,
    restores.c.restored_at,
    restores.c.made_at,
    restores.c.journal_was_whole,
    restores.c.released_at,
).order_by(restores.c.restored_at.desc(), restores.c.id.desc())
FROZEN = select(restores.c.id).where(restores.c.released_at.is_(None)).limit(1)
STRETCH = 500
"""Ids in one statement."""


class Restores:
    """See `ports.Restores`."""

    def __init__(self, connection: Connection) -> None:
        """On the connection of one transaction."""
        self._connection = connection

    def end_everything(self, at: Instant) -> Ended:
        """See `ports.Restores.end_everything`."""
        counts = {
            name: self._connection.execute(statement, {"at": at}).rowcount
            for name, statement in ENDINGS.items()
        }
        return Ended(**counts)

    def use_up(self, step: int, far: Sequence[str]) -> None:
        """See `ports.Restores.use_up`."""
        shown = step + authenticators.c.drift + otp.WINDOW
        self._raise(shown, None)
        for part in _parts(far):
            self._raise(authenticators.c.drift * 0 + step + FARTHEST + otp.WINDOW, part)

    def _raise(self, step: ColumnElement[int], of: Sequence[str] | None) -> None:
        last = authenticators.c.last_step
        statement = update(authenticators).values(last_step=case((last < step, step), else_=last))
        if of is not None:
            statement = statement.where(authenticators.c.person_id.in_(of))
        self._connection.execute(statement)

    def spend(self, code_ids: Sequence[str], at: Instant) -> int:
        """See `ports.Restores.spend`."""
        return sum(
            self._connection.execute(
                update(recovery_codes)
                .where(UNUSED, recovery_codes.c.id.in_(part))
                .values(used_at=at)
            ).rowcount
            for part in _parts(code_ids)
        )

    def end_sets(self, ended: Mapping[str, Instant], at: Instant) -> Sequence[str]:
        """See `ports.Restores.end_sets`."""
        return [
            person_id
            for person_id, made_at in ended.items()
            if self._connection.execute(
                update(recovery_codes)
                .where(
                    UNUSED,
                    recovery_codes.c.person_id == person_id,
                    recovery_codes.c.created_at <= made_at,
                )
                .values(used_at=at)
            ).rowcount
        ]

    def end_all_sets(self, at: Instant) -> Sequence[str]:
        """See `ports.Restores.end_all_sets`."""
        whose = select(recovery_codes.c.person_id).where(UNUSED).distinct()
        people = (
            self._connection.execute(whose.order_by(recovery_codes.c.person_id)).scalars().all()
        )
        self._connection.execute(update(recovery_codes).where(UNUSED).values(used_at=at))
        return people

    def end_hashed_with(self, key_id: str, at: Instant) -> Sequence[str]:
        """See `ports.Restores.end_hashed_with`."""

        def made_with(code_hash: ColumnElement[str]) -> ColumnElement[bool]:
            return or_(code_hash.startswith(f"{key_id}:"), not_(code_hash.contains(":")))

        codes = (UNUSED, made_with(recovery_codes.c.code_hash))
        whose = select(recovery_codes.c.person_id).where(*codes).distinct()
        people = self._connection.execute(whose).scalars().all()
        self._connection.execute(update(recovery_codes).where(*codes).values(used_at=at))
        passes = (temporary_passes.c.ended_at.is_(None), made_with(temporary_passes.c.code_hash))
        self._connection.execute(update(temporary_passes).where(*passes).values(ended_at=at))
        return sorted(people)

    def add(self, restore: Restore) -> None:
        """Insert."""
        values = {name: getattr(restore, name) for name in restore.__slots__}
        self._connection.execute(insert(restores), values)

    def newest(self) -> Restore | None:
        """The last one, if there was any."""
        row = self._connection.execute(NEWEST.limit(1)).one_or_none()
        return None if row is None else Restore(*row)

    def is_frozen(self) -> bool:
        """Whether mail waits until somebody has looked."""
        return self._connection.execute(FROZEN).first() is not None

    def release(self, at: Instant) -> None:
        """Mail may leave again."""
        waiting = restores.c.released_at.is_(None)
        self._connection.execute(update(restores).where(waiting).values(released_at=at))


def _parts(ids: Sequence[str]) -> Sequence[Sequence[str]]:
    return [ids[start : start + STRETCH] for start in range(0, len(ids), STRETCH)]
