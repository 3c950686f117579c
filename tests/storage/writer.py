"""A process that stores accounts until it is killed, and says of each when it was acknowledged.

Arguments: the address of a migrated database, and its key in hexadecimal.
"""

import sys
import threading

from tests.storage.samples import account
from twofold.storage import build_store
from twofold.storage.sealing import KeyRing
from twofold.system import SystemRandom

THREADS = 8


def main() -> None:
    """Write with several threads, so that commits carry several flows."""
    random = SystemRandom()
    store = build_store(
        sys.argv[1], KeyRing({"00000001": bytes.fromhex(sys.argv[2])}, random), random
    )

    def write(thread: int) -> None:
        number = 0
        while True:
            one = account(f"w{thread}-{number}")
            store.call(lambda tx, one=one: tx.accounts.add(one))
            sys.stdout.write(f"{one.id}\n")
            sys.stdout.flush()
            number += 1

    for thread in range(THREADS):
        threading.Thread(target=write, args=(thread,), daemon=True).start()
    threading.Event().wait()


main()
