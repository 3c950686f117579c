"""Organisations."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select, update

from twofold.core.errors import NotFound
from twofold.core.people import Account, GuardPolicy, Instant, PasskeysFrom, Profile
from twofold.core.rules import FactorPolicy
from twofold.storage import heads
from twofold.storage.policies import policy_of, text_of
from twofold.storage.sealing import KeyRing
from twofold.storage.statements import Statement
from twofold.storage.tables import accounts, event_heads

ACCOUNT = (
    accounts.c.id,
    accounts.c.name,
    accounts.c.issuer,
    accounts.c.policy,
    accounts.c.switched_at,
    accounts.c.guard,
    accounts.c.created_at,
    accounts.c.wait_hours,
    accounts.c.language,
)

ONE = select(*ACCOUNT).where(accounts.c.id == bindparam("account_id"))
GET, LOCK = Statement(ONE), Statement(ONE.with_for_update())
ALL = select(*ACCOUNT).order_by(accounts.c.created_at, accounts.c.id)
COUNT = select(func.count()).select_from(accounts)
SET_POLICY = (
    update(accounts)
    .where(accounts.c.id == bindparam("account_id"))
    .values(policy=bindparam("new_policy"), switched_at=bindparam("at"))
)
RENAME = (
    update(accounts)
    .where(accounts.c.id == bindparam("account_id"))
    .values(name=bindparam("new_name"), issuer=bindparam("new_issuer"))
)
SET_GUARD = (
    update(accounts)
    .where(accounts.c.id == bindparam("account_id"))
    .values(guard=bindparam("new_guard"))
)

SET_LANGUAGE = (
    update(accounts)
    .where(accounts.c.id == bindparam("of_account"))
    .values(language=bindparam("new_language"))
)
SET_WAIT_HOURS = (
    update(accounts)
    .where(accounts.c.id == bindparam("account_id"))
    .values(wait_hours=bindparam("hours"))
)


def account_of(values: Sequence[Any]) -> Account:
    """The account in the columns `ACCOUNT`."""
    id_, name, issuer, policy, switched_at, guard, *rest = values
    return Account(id_, name, issuer, policy_of(policy), switched_at, guard_of(guard), *rest)


@lru_cache(maxsize=256)
def guard_of(text: str) -> GuardPolicy:
    """The policy in a stored text; what the text leaves out is the default."""
    chosen = json.loads(text)
    kinds = {"members": Profile, "staff": Profile, "passkeys_from": PasskeysFrom}
    words = {name: kind(chosen[name]) for name, kind in kinds.items() if name in chosen}
    groups = tuple(chosen.get("passkeys_groups", ()))
    return GuardPolicy(**{**chosen, **words, "passkeys_groups": groups})


class Accounts:
    """See `ports.Accounts`."""

    def __init__(self, connection: Connection, ring: KeyRing) -> None:
        """On the connection of one transaction."""
        self._connection, self._ring = connection, ring

    def add(self, account: Account) -> None:
        """Insert the account and the head of its event chain."""
        self._connection.execute(
            insert(accounts),
            {
                "id": account.id,
                "name": account.name,
                "issuer": account.issuer,
                "policy": text_of(account.policy),
                "switched_at": account.switched_at,
                "created_at": account.created_at,
                "guard": json.dumps(asdict(account.guard)),
                "wait_hours": account.wait_hours,
                "language": account.language,
            },
        )
        head = heads.sealed(self._ring, account.id, 0, heads.BEFORE_THE_FIRST_EVENT)
        values = {"account_id": account.id, "seq": 0, "hash": head}
        self._connection.execute(insert(event_heads), values)

    def get(self, account_id: str) -> Account:
        """The account. Raises `NotFound`."""
        row = GET.one(self._connection, {"account_id": account_id})
        if row is None:
            raise NotFound
        return account_of(row)

    def lock(self, account_id: str) -> Account:
        """The account, its row locked until the transaction ends. Raises `NotFound`."""
        row = LOCK.one(self._connection, {"account_id": account_id})
        if row is None:
            raise NotFound
        return account_of(row)

    def set_policy(
        self, account_id: str, policy: FactorPolicy, *, switched_at: Instant | None
    ) -> None:
        """Ask this from now on. The caller holds the account's row."""
        values = {"account_id": account_id, "new_policy": text_of(policy), "at": switched_at}
        self._connection.execute(SET_POLICY, values)

    def rename(self, account_id: str, *, name: str, issuer: str) -> None:
        """Give the account another name, here and in authenticator apps."""
        values = {"account_id": account_id, "new_name": name, "new_issuer": issuer}
        self._connection.execute(RENAME, values)

    def set_guard(self, account_id: str, guard: GuardPolicy) -> None:
        """Slow guesses down by this policy from now on."""
        values = {"account_id": account_id, "new_guard": json.dumps(asdict(guard))}
        self._connection.execute(SET_GUARD, values)

    def set_wait_hours(self, account_id: str, hours: int) -> None:
        """Let its people recover by waiting so long, or not at all (0)."""
        values = {"account_id": account_id, "hours": hours}
        self._connection.execute(SET_WAIT_HOURS, values)

    def set_language(self, account_id: str, language: str) -> None:
        """Write to whoever has chosen no language in this one."""
        values = {"of_account": account_id, "new_language": language}
        self._connection.execute(SET_LANGUAGE, values)

    def count(self) -> int:
        """How many accounts the deployment hosts."""
        return self._connection.execute(COUNT).scalar_one()

    def all(self) -> Sequence[Account]:
        """Every account of the deployment, oldest first."""
        return [account_of(row) for row in self._connection.execute(ALL)]
