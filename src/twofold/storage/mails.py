"""The outbox. What a mail needs beyond person and account is sealed: it may hold a token."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select, update

from twofold.core.mail import LEASE, Mail, MailKind, MailState, Urgency, urgency
from twofold.core.people import Instant, Person
from twofold.storage.people_rows import PERSON, person_of
from twofold.storage.sealing import KeyRing
from twofold.storage.statements import Statement
from twofold.storage.tables import fixed, mails, people

PARAMS = "mails.sealed_params"
TOKEN = "token"  # noqa: S105 - the name under which a mail's params hold a link's token
WAITING = mails.c.state.in_((fixed(MailState.QUEUED), fixed(MailState.SENDING)))

MAIL = (
    mails.c.id,
    mails.c.account_id,
    mails.c.person_id,
    mails.c.kind,
    mails.c.to_address,
    mails.c.sealed_params,
    mails.c.message_id,
    mails.c.state,
    mails.c.attempts,
    mails.c.created_at,
    mails.c.next_at,
    mails.c.sent_at,
    mails.c.last_error,
)
ADD = Statement(insert(mails), columns=[*(column.name for column in MAIL), "urgency"])
# A lease that ran out makes a mail due again, so `sending` is looked at too. On PostgreSQL
# workers pass over each other's rows; on SQLite a transaction is alone anyway. Each urgency is
# asked for by itself, so that the index leads straight to what is due.
DUE = (
    select(mails.c.id)
    .where(mails.c.urgency == bindparam("wanted"), WAITING, mails.c.next_at <= bindparam("now"))
    .order_by(mails.c.next_at, mails.c.id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
    .cte("due")
)
CLAIM = (
    update(mails)
    .where(mails.c.id.in_(select(DUE.c.id)), WAITING)
    .values(state=MailState.SENDING.value, next_at=bindparam("lease_end"))
    .returning(*MAIL)
)
BRING_FORWARD = (
    update(mails)
    .where(WAITING, mails.c.next_at > bindparam("after"))
    .values(next_at=bindparam("try_at"))
)
NOT_SENT = mails.c.state.not_in((fixed(MailState.SENT), fixed(MailState.BOUNCED)))
PARAMS_OF = select(mails.c.sealed_params).where(mails.c.id == bindparam("mail_id"), NOT_SENT)
SENT = (
    update(mails)
    .where(mails.c.id == bindparam("mail_id"), NOT_SENT)
    .values(
        state=MailState.SENT.value,
        attempts=bindparam("tries"),
        sent_at=bindparam("at"),
        sealed_params=bindparam("without_token"),
        last_error="",
    )
)
# A worker that comes back late must not undo what another one finished.
RETRY = (
    update(mails)
    .where(mails.c.id == bindparam("mail_id"), WAITING)
    .values(
        state=MailState.QUEUED.value,
        attempts=bindparam("tries"),
        next_at=bindparam("try_at"),
        last_error=bindparam("error"),
    )
)
FAIL = (
    update(mails)
    .where(mails.c.id == bindparam("mail_id"), WAITING)
    .values(
        state=MailState.FAILED.value, attempts=bindparam("tries"), last_error=bindparam("error")
    )
)
# What a report may do, and only to a mail that a server took lately.
REPORTED = (
    mails.c.id == bindparam("mail_id"),
    mails.c.state == fixed(MailState.SENT),
    mails.c.sent_at >= bindparam("since"),
)
BOUNCE = (
    update(mails)
    .where(*REPORTED)
    .values(state=MailState.BOUNCED.value, last_error=bindparam("error"))
)
NOTE = update(mails).where(*REPORTED).values(last_error=bindparam("error"))
BY_MESSAGE_ID = select(*MAIL).where(mails.c.message_id == bindparam("wanted"))
FIND = select(*MAIL).where(
    mails.c.id == bindparam("mail_id"), mails.c.account_id == bindparam("account_id")
)
PAGE = (
    select(*MAIL, *PERSON)
    .select_from(mails.join(people, people.c.id == mails.c.person_id))
    .where(mails.c.account_id == bindparam("account_id"))
    .order_by(mails.c.id.desc())
    .limit(bindparam("limit"))
)
PAGE_BEFORE = PAGE.where(mails.c.id < bindparam("before"))
OF_PERSON = (
    select(*MAIL)
    .where(mails.c.person_id == bindparam("person_id"))
    .order_by(mails.c.id.desc())
    .limit(bindparam("limit"))
)
COUNTS = (
    select(mails.c.state, func.count())
    .where(mails.c.account_id == bindparam("account_id"), mails.c.created_at >= bindparam("since"))
    .group_by(mails.c.state)
)
RECENT = (
    select(func.count())
    .select_from(mails)
    .where(
        mails.c.person_id == bindparam("person_id"),
        mails.c.kind.in_(bindparam("kinds", expanding=True)),
        mails.c.created_at >= bindparam("since"),
    )
)
WAITING_BEFORE = (
    select(*MAIL).where(WAITING, mails.c.created_at < bindparam("at")).order_by(mails.c.id)
)
COUNT_WAITING = select(func.count()).select_from(mails).where(WAITING)


class Mails:
    """See `ports.Mails`."""

    def __init__(self, connection: Connection, ring: KeyRing) -> None:
        """On the connection of one transaction; `ring` seals and opens the parameters."""
        self._connection = connection
        self._ring = ring

    def add(self, mail: Mail) -> None:
        """Insert."""
        ADD.run(self._connection, self._values_of(mail))

    def claim(self, now: Instant, *, limit: int) -> Sequence[Mail]:
        """Due mails, leased to this caller until `now + core.mail.LEASE`; the urgent ones first,
        of each urgency the oldest due.
        """
        claimed: list[Mail] = []
        for wanted in Urgency:
            values = {
                "now": now,
                "limit": limit - len(claimed),
                "lease_end": now + LEASE,
                "wanted": wanted.value,
            }
            if values["limit"] > 0:
                found = [self._mail_of(row) for row in self._connection.execute(CLAIM, values)]
                claimed += sorted(found, key=lambda mail: mail.id)
        return claimed

    def sent(self, mail_id: str, *, attempts: int, at: Instant) -> bool:
        """Mark as sent and drop the token from its params; false if it was sent already."""
        sealed = self._connection.execute(PARAMS_OF, {"mail_id": mail_id}).scalar_one_or_none()
        if sealed is None:
            return False
        params = json.loads(self._ring.open(PARAMS, mail_id, sealed))
        params.pop(TOKEN, None)
        values = {
            "mail_id": mail_id,
            "tries": attempts,
            "at": at,
            "without_token": self._sealed(mail_id, params),
        }
        return self._connection.execute(SENT, values).rowcount == 1

    def retry(self, mail_id: str, *, attempts: int, next_at: Instant, error: str) -> None:
        """Back into the queue, not before `next_at`."""
        values = {"mail_id": mail_id, "tries": attempts, "try_at": next_at, "error": error}
        self._connection.execute(RETRY, values)

    def fail(self, mail_id: str, *, attempts: int, error: str) -> None:
        """Failed for good."""
        self._connection.execute(FAIL, {"mail_id": mail_id, "tries": attempts, "error": error})

    def bounce(self, mail_id: str, *, since: Instant, error: str) -> bool:
        """Mark what was sent at or after `since` as come back; true for exactly one caller."""
        values = {"mail_id": mail_id, "since": since, "error": error}
        return self._connection.execute(BOUNCE, values).rowcount == 1

    def note(self, mail_id: str, *, since: Instant, error: str) -> bool:
        """Write down beside what was sent at or after `since` what a server says of it."""
        values = {"mail_id": mail_id, "since": since, "error": error}
        return self._connection.execute(NOTE, values).rowcount == 1

    def by_message_id(self, message_id: str) -> Mail | None:
        """The mail of this Message-ID, over the whole deployment."""
        row = self._connection.execute(BY_MESSAGE_ID, {"wanted": message_id}).one_or_none()
        return None if row is None else self._mail_of(row)

    def find(self, account_id: str, mail_id: str) -> Mail | None:
        """The mail, if it belongs to the account."""
        values = {"account_id": account_id, "mail_id": mail_id}
        row = self._connection.execute(FIND, values).one_or_none()
        return None if row is None else self._mail_of(row)

    def page(self, account_id: str, *, before: str, limit: int) -> Sequence[tuple[Mail, Person]]:
        """Newest first, those older than the id `before` ("" for the newest)."""
        values = {"account_id": account_id, "limit": limit}
        if before:
            rows = self._connection.execute(PAGE_BEFORE, {**values, "before": before})
        else:
            rows = self._connection.execute(PAGE, values)
        at = len(MAIL)
        return [(self._mail_of(row[:at]), person_of(row[at:])) for row in rows]

    def of(self, person_id: str, *, limit: int) -> Sequence[Mail]:
        """The person's newest mails, newest first."""
        rows = self._connection.execute(OF_PERSON, {"person_id": person_id, "limit": limit})
        return [self._mail_of(row) for row in rows]

    def counts(self, account_id: str, *, since: Instant) -> Mapping[MailState, int]:
        """How many mails written at or after `since` are in each state; every state is there."""
        rows = self._connection.execute(COUNTS, {"account_id": account_id, "since": since})
        found = {MailState(state): number for state, number in rows}
        return {state: found.get(state, 0) for state in MailState}

    def recent(self, person_id: str, kinds: Sequence[MailKind], since: Instant) -> int:
        """How many mails of these kinds the person was written since."""
        words = [kind.value for kind in kinds]
        values = {"person_id": person_id, "kinds": words, "since": since}
        return self._connection.execute(RECENT, values).scalar_one()

    def bring_forward(self, after: Instant, at: Instant) -> int:
        """What waits for a try after `after` is due `at`; how many."""
        values = {"after": after, "try_at": at}
        return self._connection.execute(BRING_FORWARD, values).rowcount

    def waiting_before(self, at: Instant) -> Sequence[Mail]:
        """Mails not sent and not failed, written before this moment, over the deployment."""
        return [self._mail_of(row) for row in self._connection.execute(WAITING_BEFORE, {"at": at})]

    def waiting(self) -> int:
        """Mails not sent and not failed, over the deployment."""
        return self._connection.execute(COUNT_WAITING).scalar_one()

    def _sealed(self, mail_id: str, params: Mapping[str, str | int]) -> bytes:
        return self._ring.seal(PARAMS, mail_id, json.dumps(dict(params)).encode())

    def _mail_of(self, values: Sequence[Any]) -> Mail:
        id_, account_id, person_id, kind, to_address, sealed, message_id, state, *rest = values
        params = json.loads(self._ring.open(PARAMS, id_, sealed))
        return Mail(
            id_, account_id, person_id, MailKind(kind), to_address, params, message_id,
            MailState(state), *rest,
        )  # fmt: skip

    def _values_of(self, mail: Mail) -> dict[str, Any]:
        return {
            "id": mail.id,
            "account_id": mail.account_id,
            "person_id": mail.person_id,
            "kind": mail.kind.value,
            "to_address": mail.to_address,
            "sealed_params": self._sealed(mail.id, mail.params),
            "message_id": mail.message_id,
            "state": mail.state.value,
            "attempts": mail.attempts,
            "created_at": mail.created_at,
            "next_at": mail.next_at,
            "sent_at": mail.sent_at,
            "last_error": mail.last_error,
            "urgency": urgency(mail.kind).value,
        }
