"""The page that says which test holds which known attack off, made from the tests themselves.

A test that stands for a numbered mechanism says so in its docstring; the rest is written here:
what is proved by tests that are about more than one thing, and what nobody can attack yet because
the part is not built.
"""

import ast
import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COUNT = 73
NAMED = re.compile(r"[Mm]echanisms? (\d+(?:(?:, | and )\d+)*)")
ALSO = {
    21: ("test_the_saving_code_does_not_sign_in",),
    36: (
        "test_parallel_begins_make_one_set_up",
        "test_parallel_saves_make_one_active_authenticator",
    ),
}
"""Mechanisms that tests of the flows prove already, on both databases."""
OWED = {
    22: "recovery codes",
    27: "recovery codes",
    28: "recovery codes",
    29: "the OpenID provider",
    31: "recovery codes",
}
"""Mechanisms of parts that are not built, and which part owes their tests."""
SHOWN = 3
"""Tests named per row; the others are found by the number in their docstring."""


def proofs() -> dict[int, list[tuple[str, str]]]:
    """By number the tests that stand for it, each with what its docstring says."""
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.FunctionDef):
                continue
            said = " ".join((ast.get_docstring(node) or "").split())
            for numbers in NAMED.findall(said):
                for number in re.findall(r"\d+", numbers):
                    found[int(number)].append((node.name, said))
    for number, names in ALSO.items():
        found[number] += [(name, "") for name in names]
    return found


def page() -> str:
    """The whole page. Raises `AssertionError` if a mechanism is neither proved nor owed."""
    found = proofs()
    missing = [n for n in range(1, COUNT + 1) if n not in found and n not in OWED]
    assert not missing, f"no test stands for the mechanisms {missing}"
    rows = [row(number, found.get(number, [])) for number in range(1, COUNT + 1)]
    return (
        "# Known attacks and their tests\n\n"
        "Made by `./dev docs` from the tests: do not edit. The numbers are those of our catalogue\n"
        "of attacks on two-factor sign-in, collected from public advisories. Each row says in the\n"
        "words of its first test what must be true, and where one can see it tried.\n\n"
        "| No. | What must be true | Tests |\n|---:|---|---|\n" + "\n".join(rows) + "\n"
    )


def row(number: int, tests: list[tuple[str, str]]) -> str:
    """One line of the table."""
    if not tests:
        return f"| {number} | owed by: {OWED[number]} | |"
    name = tests[0][0].removeprefix("test_").replace("_", " ")
    names = ", ".join(f"`{test}`" for test, _ in tests[:SHOWN])
    more = f" and {len(tests) - SHOWN} more" if len(tests) > SHOWN else ""
    return f"| {number} | {name[:1].upper()}{name[1:]} | {names}{more} |"
