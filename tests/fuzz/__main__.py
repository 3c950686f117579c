"""The long form: `python -m tests.fuzz --inputs 100000 --seed 1`."""

import argparse
import sys

from tests.attacks.sites import product
from tests.attacks.test_state_machine import RARE, WORTH_REACHING, reached, run
from tests.fuzz.forms import Fuzzer

STRETCH = 5000
"""Inputs on one copy of the database, so that it does not grow for ever."""


def main() -> int:
    """Send the inputs, print the answers by status and every fault; 1 if there was one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--sequences", type=int, default=0, help="random sequences of requests instead"
    )
    given = parser.parse_args()
    if given.sequences:
        run(examples=given.sequences, steps=100, number=given.seed)
        missed = (WORTH_REACHING | RARE) - set(reached)
        print(f"{given.sequences} sequences, seed {given.seed}: nothing opened that was not earned")
        print(f"never reached: {', '.join(sorted(missed)) or 'nothing'}")
        return 0
    totals: dict[int, int] = {}
    faults: list[str] = []
    sent = 0
    while sent < given.inputs:
        count = min(STRETCH, given.inputs - sent)
        start = product().start(lambda site: None)
        with product().opened(start, given.seed + sent) as site:
            found = Fuzzer(site, given.seed + sent).run(count)
        for status, number in found.statuses.items():
            totals[status] = totals.get(status, 0) + number
        faults += found.faults
        sent += count
        if sys.stderr.isatty():
            print(f"\r{sent} of {given.inputs}", end="", file=sys.stderr, flush=True)
    print(f"{sent} inputs, seed {given.seed}, {len(faults)} faults")
    for status, number in sorted(totals.items()):
        print(f"  {status}: {number}")
    print("\n".join(faults[:50]))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
