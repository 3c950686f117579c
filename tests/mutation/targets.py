"""Which files are changed, and which tests are to notice."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

LADDER = (
    "tests/flows/test_verify.py",
    "tests/flows/test_verify_limits.py",
    "tests/flows/test_pairs.py",
    "tests/flows/test_ladder.py",
    "tests/flows/test_guard_holes.py",
    "tests/flows/test_known_browsers.py",
    "tests/flows/test_used_codes.py",
    "tests/flows/test_guard_rows.py",
)
"""What a code meets."""

STAND_INS = (
    "tests/flows/test_recovery.py",
    "tests/flows/test_passes.py",
    "tests/flows/test_troubleshoot.py",
    "tests/flows/test_diagnose.py",
    "tests/flows/test_verify_records.py",
    "tests/flows/test_clock.py",
    "tests/flows/test_clock_jumps.py",
)
"""What stands in for a code, what is written down about it, and our own clock put right."""

PASSWORD = (
    "tests/flows/test_sign_in.py",
    "tests/flows/test_sign_in_limits.py",
    "tests/flows/test_password_guard.py",
    "tests/flows/test_password_sources.py",
    "tests/flows/test_trust.py",
)
"""What a password meets, and the end of a sign-in."""

TARGETS = {
    "src/twofold/core/otp.py": (
        "tests/core/test_otp.py",
        "tests/core/test_diagnosis.py",
        "tests/flows/test_pairs.py",
    ),
    "src/twofold/core/throttle.py": (
        "tests/core/test_throttle.py",
        "tests/core/test_throttle_limits.py",
        "tests/core/test_throttle_used.py",
    ),
    "src/twofold/flows/verify.py": (*LADDER, *STAND_INS),
    "src/twofold/flows/sign_in.py": PASSWORD,
    "src/twofold/flows/second_step.py": (*LADDER, *PASSWORD),
    "src/twofold/flows/guard.py": (
        *LADDER,
        *PASSWORD,
        "tests/flows/test_same_work.py",
        "tests/flows/test_enrol.py",
        "tests/flows/test_authenticators.py",
    ),
}
"""A file of the product, and the test files that speak about it."""

ARGUMENTS = ("-k", "not postgres", "-p", "no:cacheprovider", "--hypothesis-seed=1")
"""For pytest: one database is enough here, and the same examples for every mutant."""
