"""The races at full length: `python -m tests.races --rounds 200`.

They are the tests of `tests/flows/test_races.py`, and those of `test_recovery.py` and of
`test_wait_worker.py` in which many are at once, on both databases, with more rounds than the suite
has time for.
"""

import argparse
import os
import sys

import pytest

ROUNDS = "TWOFOLD_TEST_ROUNDS"
"""The environment variable that says how many rounds each race has."""
IN_THE_SUITE = 3
RACES = (
    "tests/flows/test_races.py",
    "tests/flows/test_recovery.py",
    "tests/flows/test_wait_worker.py",
)
AT_ONCE = "test_races or at_once"
"""One whole file, and of the others the tests whose name says that many are at once."""


def rounds() -> range:
    """The rounds of one race in this run."""
    return range(int(os.environ.get(ROUNDS, IN_THE_SUITE)))


def main(arguments: list[str]) -> int:
    """Run every race `--rounds` times; the status is that of pytest."""
    parser = argparse.ArgumentParser(prog="python -m tests.races", description=__doc__)
    parser.add_argument("--rounds", type=int, default=200, help="rounds of each race (200)")
    asked = parser.parse_args(arguments)
    os.environ[ROUNDS] = str(asked.rounds)
    return pytest.main(["-v", "--timeout=0", "--durations=0", "-k", AT_ONCE, *RACES])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
