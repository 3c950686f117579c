"""The head of an account's chain of events: number and hash of the newest entry, sealed.

The chain alone needs no key: whoever can write to the database could change an entry and compute
all hashes after it anew. So the column `event_heads.hash` holds behind the hash a signature of
account, number and hash under a key of the key file, which is not in the database: `hash (32
bytes) | key id (8) | HMAC-SHA-256 (32)`. It is made anew with each entry, and looked at before, so
that a head which somebody forged is not sealed by the next entry: such a seal stays broken for
ever. A head without a seal is one of a version that had none; the next entry is one that says so.
"""

from twofold.core.events import Seal
from twofold.storage.sealing import KeyRing

BEFORE_THE_FIRST_EVENT = bytes(32)
HASH_BYTES, SEAL_BYTES = 32, 40
BROKEN = bytes(SEAL_BYTES)
"""A seal that no key makes."""


def sealed(ring: KeyRing, account_id: str, seq: int, link: bytes) -> bytes:
    """What stands in the column for the newest entry's number and hash."""
    return link + ring.sign("event-head", text_of(account_id, seq, link))


def link_of(stored: bytes) -> bytes:
    """The hash in the column; b"" where somebody put no bytes, as SQLite allows."""
    return stored[:HASH_BYTES] if isinstance(stored, bytes) else b""


def seal_of(ring: KeyRing, account_id: str, seq: int, stored: bytes) -> Seal:
    """Whether what stands in the column was written with a key of ours."""
    link, signature = link_of(stored), stored[HASH_BYTES:]
    if len(link) < HASH_BYTES:
        return Seal.BROKEN
    if not signature:
        return Seal.MISSING
    is_ours = ring.is_signed("event-head", text_of(account_id, seq, link), signature)
    return Seal.WHOLE if is_ours else Seal.BROKEN


def text_of(account_id: str, seq: int, link: bytes) -> str:
    """What is signed; no id holds a blank."""
    return f"{account_id} {seq} {link.hex()}"
