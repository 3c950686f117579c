"""Trying a backup, without a service and without changing anything: would it bring all back?"""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, inspect, select
from sqlalchemy.exc import DBAPIError

from twofold.core.backups import Check, Manifest, Verified
from twofold.core.errors import BackupError, SealError, StartError
from twofold.core.events import Seal
from twofold.storage.backing_up import key_checks, of_accounts, reading, row_counts
from twofold.storage.backup_file import BackupFile, read_backup
from twofold.storage.events import Events
from twofold.storage.migrating import known_revisions, revision_of
from twofold.storage.sealed import COLUMNS, stretches
from twofold.storage.sealing import KeyRing, check_against
from twofold.storage.tables import accounts


def verify(path: Path, ring_for: Callable[[Manifest], KeyRing]) -> Verified:
    """Look at everything. `ring_for` says which keys are at hand; it may raise `StartError`.

    A check that cannot be made because an earlier one failed is not in the list.
    """
    try:
        backup = read_backup(path)
    except BackupError as problem:
        return Verified(None, [Check("file", False, str(problem))])
    verified = Verified(backup.manifest)
    size = f"{backup.manifest.size:,} bytes, as they were written"
    verified.checks.append(Check("file", True, size))
    try:
        with reading(path) as connection:
            verified.checks += _checks(backup, connection, ring_for)
    except DBAPIError as problem:
        verified.checks.append(Check("database", False, f"It cannot be read: {problem.orig}."))
    return verified


def _checks(
    backup: BackupFile, connection: Connection, ring_for: Callable[[Manifest], KeyRing]
) -> list[Check]:
    checks = [_pages(connection), _tables(connection)]
    if not all(check.is_ok for check in checks):
        return checks
    try:
        ring = ring_for(backup.manifest)
        check_against(ring, key_checks(connection))
    except StartError as problem:
        return [*checks, Check("keys", False, str(problem)), _counts(backup, connection)]
    return [
        *checks,
        Check("keys", True, f"the key file holds {' and '.join(backup.manifest.keys)}"),
        _seal(backup, ring),
        _sealed_values(connection, ring),
        _logs(connection, ring),
        _counts(backup, connection),
    ]


def _pages(connection: Connection) -> Check:
    found: str = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one()
    lost = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if found == "ok" and lost is None:
        return Check("database", True, "every page and every reference holds")
    why = found.splitlines()[0] if lost is None else f"a row of {lost[0]} refers to nothing"
    return Check("database", False, f"The database in it is damaged ({why}). Use another backup.")


def _tables(connection: Connection) -> Check:
    revision = revision_of(connection)
    if revision not in known_revisions():
        says = f"Its tables are those of a newer version of Twofold (revision {revision}). "
        return Check("tables", False, says + "Use that version.")
    return Check("tables", True, f"revision {revision}")


def _seal(backup: BackupFile, ring: KeyRing) -> Check:
    if backup.is_sealed_by(ring):
        return Check("seal", True, "made with a key of the key file")
    says = "The seal was not made with a key of the key file: somebody may have changed the backup."
    return Check("seal", False, f"{says} Use another one.")


def _sealed_values(connection: Connection, ring: KeyRing) -> Check:
    opened = 0
    present = set(inspect(connection).get_table_names())
    for one in COLUMNS:
        if one.table.name not in present:
            continue
        for rows in stretches(connection, one):
            for id_, sealed, *also in rows:
                try:
                    ring.open(one.place, one.name_of(id_, *also), bytes(sealed))
                except SealError:
                    says = f"{one.place} of the row {id_} does not open. Use another backup."
                    return Check("sealed values", False, says)
            opened += len(rows)
    return Check("sealed values", True, f"{opened:,} open")


def _logs(connection: Connection, ring: KeyRing) -> Check:
    log = Events(connection, ring)
    for id_, name in connection.execute(select(accounts.c.id, accounts.c.name)):
        broken = log.verify(id_)
        if broken is not None:
            says = f"The log of {name} breaks at entry {broken}: it was changed by somebody."
            return Check("log", False, says)
        if log.seal(id_) is Seal.BROKEN:
            says = f"The seal of the log of {name} was not made with our keys."
            return Check("log", False, says)
    return Check("log", True, "every chain holds")


def _counts(backup: BackupFile, connection: Connection) -> Check:
    manifest = backup.manifest
    same = row_counts(connection) == dict(manifest.rows)
    if same and of_accounts(connection) == list(manifest.accounts):
        rows = sum(manifest.rows.values())
        return Check("counts", True, f"{rows:,} rows in {len(manifest.rows)} tables")
    return Check("counts", False, "There are not as many rows as were backed up.")
