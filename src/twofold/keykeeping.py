"""The life of a sealing key beside a running service: added, made the one that seals, retired.

Beside `safekeeping.py`, for the command `twofold keys`. The key file is replaced whole each time,
and every process follows it (`storage/sealing.py`). The order of the steps is such that a run
which is killed leaves a key too many and never one too few.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from twofold.core.errors import KeysError
from twofold.flows import restore
from twofold.settings import Settings
from twofold.storage import open_storage, resealing, sealing
from twofold.storage.engine import Database, writing_engine
from twofold.storage.inspection import key_file
from twofold.storage.migrating import note_keys
from twofold.storage.resealing import Left, Resealed
from twofold.storage.sealing import KeyRing
from twofold.system import SystemRandom

T = TypeVar("T")
RETIRED = "retired-keys"


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the ring."""

    id: str
    seals: bool
    left: Left
    """What only this key opens."""


def list_keys(settings: Settings) -> tuple[list[Key], Left]:
    """The keys in the order of the file, and what carries no key's id."""
    with _alone(settings, wait=True) as keys:
        needs = _left(settings)
    seals = list(keys)[-1]
    listed = [Key(id_, id_ == seals, needs.get(id_, Left())) for id_ in keys]
    return listed, needs.get(resealing.BARE, Left())


def add(settings: Settings) -> str:
    """A new key that opens and does not seal yet; its id."""
    random = SystemRandom()
    with _alone(settings) as keys:
        key_id, key = sealing.new_key(random)
        sealing.write_keys(key_file(settings.data_dir), {key_id: key, **keys}, random)
        _with_engine(settings, lambda engine: note_keys(engine, _ring(settings)))
    return key_id


def rotate(settings: Settings, key_id: str) -> Resealed:
    """Let this key seal, and seal everything anew with it. To be run again after a kill: it goes
    on where it was. Raises `KeysError`.
    """
    with _alone(settings) as keys:
        _refuse_unknown(keys, key_id)
        if list(keys)[-1] != key_id:
            kept = {id_: key for id_, key in keys.items() if id_ != key_id}
            path = key_file(settings.data_dir)
            sealing.write_keys(path, {**kept, key_id: keys[key_id]}, SystemRandom())
        return _with_engine(settings, lambda engine: resealing.reseal(engine, _ring(settings)))


def retire(settings: Settings, key_id: str, *, end_codes: bool) -> tuple[Left, int]:
    """Take the key out of the ring if nothing needs it any more, and keep its line in a file of
    its own, because backups of before need it. What still needs it, or nothing; and how many
    people lost recovery codes with it. Raises `KeysError`.
    """
    random, path = SystemRandom(), key_file(settings.data_dir)
    with _alone(settings) as keys:
        _refuse_unknown(keys, key_id)
        if list(keys)[-1] == key_id:
            raise KeysError(f"The key {key_id} is the one that seals. Rotate to another one first.")
        lost = _end_codes(settings, key_id) if end_codes else 0
        now = int(time.time())
        left = _with_engine(settings, lambda engine: resealing.forget(engine, key_id, now))
        if left.is_nothing:
            retired = settings.data_dir / RETIRED
            before = sealing.read_keys(retired) if retired.exists() else {}
            sealing.write_keys(retired, {**before, key_id: keys[key_id]}, random)
            kept = {id_: key for id_, key in keys.items() if id_ != key_id}
            sealing.write_keys(path, kept, random)
    return left, lost


def _end_codes(settings: Settings, key_id: str) -> int:
    store = open_storage(settings.database_url, settings.data_dir, SystemRandom())
    try:
        return store.call(restore.end_hashed_with, int(time.time()), key_id=key_id)
    finally:
        store.close()


def _refuse_unknown(keys: Mapping[str, bytes], key_id: str) -> None:
    if key_id not in keys:
        raise KeysError(f"The key file has no key {key_id}: it has {', '.join(keys)}.")


def _ring(settings: Settings) -> KeyRing:
    path = key_file(settings.data_dir)
    return KeyRing(sealing.read_keys(path), SystemRandom(), path)


def _left(settings: Settings) -> Mapping[str, Left]:
    def look(engine: Database) -> Mapping[str, Left]:
        with engine.connect() as connection:
            return resealing.left(connection, int(time.time()))

    return _with_engine(settings, look)


def _with_engine(settings: Settings, act: Callable[[Database], T]) -> T:
    """Run on the database, which is of this version: opening the store has seen to that."""
    engine = writing_engine(settings.database_url)
    try:
        return act(engine)
    finally:
        engine.dispose()


@contextmanager
def _alone(settings: Settings, *, wait: bool = False) -> Iterator[dict[str, bytes]]:
    """The keys, while no other command changes them and no restore runs."""
    path = key_file(settings.data_dir)
    open_storage(settings.database_url, settings.data_dir, SystemRandom()).close()
    descriptor = os.open(Path(f"{path}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield sealing.read_keys(path)
    except BlockingIOError as error:
        raise KeysError("Another `twofold keys` is at work. Wait for its end.") from error
    finally:
        os.close(descriptor)
