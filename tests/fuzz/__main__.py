"""The long form: `python -m tests.fuzz --inputs 100000 --seed 1`."""

import argparse
import sys

from tests.attacks.sites import product
from tests.attacks.test_state_machine import RARE, WORTH_REACHING, reached, run
from tests.fuzz.forms import Found, Fuzzer

STRETCH = 5000
"""Inputs on one copy of the database, so that it does not grow for ever."""
SITE_SEED = 2
"""Of the product's own chance; the one that it was founded with would make the same ids again."""


def fuzz(inputs: int, seed: int, stretch: int = STRETCH) -> Found:
    """Send so many inputs, each stretch to a fresh product."""
    found, start = Found(), product().start(lambda site: None)
    while found.inputs < inputs:
        with product().opened(start, SITE_SEED) as site:
            part = Fuzzer(site, seed + found.inputs).run(min(stretch, inputs - found.inputs))
        found.statuses += part.statuses
        found.faults += part.faults
        if sys.stderr.isatty():
            print(f"\r{found.inputs} of {inputs}", end="", file=sys.stderr, flush=True)
    return found


def walk(sequences: int, seed: int) -> None:
    """Run so many random sequences of a hundred requests; raises at the first that gets past."""
    run(examples=sequences, steps=100, number=seed)
    missed = (WORTH_REACHING | RARE) - set(reached)
    print(f"{sequences} sequences, seed {seed}: nothing opened that was not earned")
    print(f"never reached: {', '.join(sorted(missed)) or 'nothing'}")


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
        walk(given.sequences, given.seed)
        return 0
    found = fuzz(given.inputs, given.seed)
    print(f"{found.inputs} inputs, seed {given.seed}, {len(found.faults)} faults")
    for status, number in sorted(found.statuses.items()):
        print(f"  {status}: {number}")
    print("\n".join(found.faults[:50]))
    return 1 if found.faults else 0


if __name__ == "__main__":
    sys.exit(main())
