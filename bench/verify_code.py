"""How long the check of one code takes, beside other implementations, in one interleaved run.

    PYTHONPATH=src python bench/verify_code.py [--rounds N] [--json]

Every round gives each contestant one short slot, in an order that is drawn anew, so that whatever
slows the machine down slows all of them and nobody always follows the same neighbour; ratios are
taken within a round, and the median over the rounds is what counts. Time is processor time,
because on a busy machine the wall clock mostly measures who was interrupted. "Right" codes lie at
the step before, at and after our clock in turn; "wrong" codes match none of the three. `bare` is
three calls of `hmac.digest` and nothing else: what a check costs that looks at three steps by the
standard library's fastest call.

The difference of right and wrong is judged against noise that is measured in the same run: a
second slot of the very same right codes.
"""

import argparse
import base64
import json
import random
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from hmac import digest

import pyotp
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor import InvalidToken
from cryptography.hazmat.primitives.twofactor.totp import TOTP as CryptographyTOTP

from twofold.core.otp import code_at, matching_step, step_at

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # passlib imports `crypt`
    from passlib.exc import InvalidTokenError
    from passlib.totp import TOTP as PasslibTOTP

SECRET = bytes(range(1, 21))
NOW = 1_789_000_000
STEP = step_at(NOW)
RIGHT = [code_at(SECRET, STEP + near) for near in (-1, 0, 1)]
WRONG = [f"{(int(code) + 7) % 1_000_000:06}" for code in RIGHT]
CHECKS_A_SLOT, WARM_UPS = 300, 5
GOAL_BARE, GOAL_PYOTP = 0.8, 4.0
MOST_NOISE = 0.05
"""A run that is noisier than this cannot tell right codes from wrong ones and proves nothing."""

Check = Callable[[str], bool]


def contestants() -> dict[str, tuple[Check, list[str]]]:
    """Name, check and the codes that it is given, in the order of their slots."""
    messages = [(STEP + near).to_bytes(8, "big") for near in (-1, 0, 1)]
    by_pyotp = pyotp.TOTP(base64.b32encode(SECRET).decode())
    by_cryptography = CryptographyTOTP(SECRET, 6, SHA1(), 30)
    by_passlib = PasslibTOTP(key=SECRET, format="raw")

    def bare(_code: str) -> bool:
        digest(SECRET, messages[0], "sha1")
        digest(SECRET, messages[1], "sha1")
        digest(SECRET, messages[2], "sha1")
        return True

    def ours(code: str) -> bool:
        return matching_step(SECRET, code, NOW) is not None

    def with_pyotp(code: str) -> bool:
        return by_pyotp.verify(code, for_time=NOW, valid_window=1)

    def with_cryptography(code: str) -> bool:
        for near in (-30, 0, 30):
            try:
                by_cryptography.verify(code.encode(), NOW + near)
            except InvalidToken:
                continue
            return True
        return False

    def with_passlib(code: str) -> bool:
        try:
            by_passlib.match(code, time=NOW, window=30)
        except InvalidTokenError:
            return False
        return True

    checks = {
        "ours": ours,
        "pyotp": with_pyotp,
        "passlib": with_passlib,
        "cryptography": with_cryptography,
    }
    field: dict[str, tuple[Check, list[str]]] = {"bare": (bare, RIGHT)}
    for name, check in checks.items():
        field[f"{name} right"] = (check, RIGHT)
        field[f"{name} wrong"] = (check, WRONG)
    field["ours right again"] = (ours, RIGHT)
    return field


def prove(field: dict[str, tuple[Check, list[str]]]) -> None:
    """Stop unless every contestant accepts the right codes and refuses the wrong ones."""
    for name, (check, codes) in field.items():
        if any(check(code) != (codes is RIGHT) for code in codes):
            sys.exit(f"{name} answers wrongly: nothing to measure.")


def slot(check: Check, codes: list[str]) -> float:
    """Seconds of processor time for one check, the mean over a slot that begins warm."""
    for code in codes * WARM_UPS:
        check(code)
    clock = time.thread_time
    begun = clock()
    for _ in range(CHECKS_A_SLOT // len(codes)):
        for code in codes:
            check(code)
    return (clock() - begun) / CHECKS_A_SLOT


def run(rounds: int) -> dict[str, list[float]]:
    """Seconds of each contestant's slot, round by round."""
    field = contestants()
    prove(field)
    names = list(field)
    order = random.Random(1)
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(rounds):
        for name in order.sample(names, len(names)):
            seconds[name].append(slot(*field[name]))
    return seconds


def ratio(seconds: dict[str, list[float]], name: str, to: str) -> list[float]:
    """How many times as fast as `name` the contestant `to` is, in each round."""
    return [a / b for a, b in zip(seconds[name], seconds[to], strict=True)]


def noise(ratios: list[float]) -> float:
    """Three standard errors of a median, from the middle half of the rounds."""
    low, _, high = statistics.quantiles(ratios, n=4)
    return 3 * 1.2533 * (high - low) / 1.349 / len(ratios) ** 0.5


def judge(seconds: dict[str, list[float]]) -> dict[str, dict[str, float | bool]]:
    """The goals, each with what was measured and whether it is met."""
    median = statistics.median
    again = ratio(seconds, "ours right again", "ours right")
    wrong = ratio(seconds, "ours wrong", "ours right")
    margin = min(MOST_NOISE, noise(wrong) + noise(again) + abs(median(again) - 1))
    measured = {
        "ours right, speed of bare": (median(ratio(seconds, "bare", "ours right")), GOAL_BARE),
        "ours wrong, speed of bare": (median(ratio(seconds, "bare", "ours wrong")), GOAL_BARE),
        "right codes, speed of pyotp": (
            median(ratio(seconds, "pyotp right", "ours right")), GOAL_PYOTP,
        ),
        "wrong codes, speed of pyotp": (
            median(ratio(seconds, "pyotp wrong", "ours wrong")), GOAL_PYOTP,
        ),
        "time of wrong over right": (median(wrong), 1 - margin),
    }  # fmt: skip
    return {
        name: {"measured": value, "at least": goal, "met": value >= goal}
        for name, (value, goal) in measured.items()
    }


def report(seconds: dict[str, list[float]]) -> None:
    """Print both tables."""
    median = statistics.median
    print(f"{'':18} {'µs':>8} {'p10':>8} {'p90':>8} {'of bare':>8} {'ours is':>9}")
    for name, values in seconds.items():
        twin = "ours wrong" if name.endswith("wrong") else "ours right"
        tenths = statistics.quantiles(values, n=10)
        print(
            f"{name:18} {median(values) * 1e6:8.2f} {tenths[0] * 1e6:8.2f} {tenths[-1] * 1e6:8.2f}"
            f" {median(ratio(seconds, 'bare', name)):8.2f}"
            f" {median(ratio(seconds, name, twin)):8.2f}x"
        )
    print()
    for name, goal in judge(seconds).items():
        print(
            f"{name:30} {goal['measured']:7.3f}   goal {goal['at least']:.3f}"
            f"   {'met' if goal['met'] else 'NOT MET'}"
        )


def main() -> None:
    """Measure, print, and leave with status 1 if a goal is not met."""
    parser = argparse.ArgumentParser(description="How long the check of one code takes.")
    parser.add_argument("--rounds", type=int, default=150, help="at least 10 (default 150)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    if options.rounds < 10:
        parser.error("fewer than 10 rounds say nothing")
    seconds = run(options.rounds)
    goals = judge(seconds)
    if options.json:
        medians = {name: statistics.median(values) * 1e6 for name, values in seconds.items()}
        print(json.dumps({"rounds": options.rounds, "microseconds": medians, "goals": goals}))
    else:
        print(f"Python {sys.version.split()[0]}, {options.rounds} rounds\n")
        report(seconds)
    if not all(goal["met"] for goal in goals.values()):
        sys.exit(1)


if __name__ == "__main__":
    main()
