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
LISTS = {"A10": 8, "A11": 6, "A12": 4, "A13": 9, "A14": 3}
"""The chapters of the catalogue that are lists without a running number, and their lengths."""
HEADINGS = {
    "A10": "Binding of the factor to person, purpose and session",
    "A11": "Sessions and remembered browsers",
    "A12": "WebAuthn",
    "A13": "Provider, forward authentication, redirects, mailed links",
    "A14": "Configuration and first start",
}
NUMBERED = tuple(str(number) for number in range(1, 74))
LISTED = tuple(f"{part}.{item + 1}" for part, count in LISTS.items() for item in range(count))
ONE = r"(?:A\d+\.)?\d+"
NAMED = re.compile(rf"[Mm]echanisms? ({ONE}(?:(?:, | and ){ONE})*)")
ALSO = {
    "21": ("test_the_saving_code_does_not_sign_in",),
    "36": (
        "test_parallel_begins_make_one_set_up",
        "test_parallel_saves_make_one_active_authenticator",
    ),
}
"""Mechanisms that tests of the flows prove already, on both databases."""
OWED = {
    "29": "the OpenID provider",
    "A13.1": "the OpenID provider",
    "A13.2": "the OpenID provider",
    "A14.3": "the REST interface",
}
"""Mechanisms of parts that are not built, and which part owes their tests."""
SHOWN = 3
"""Tests named per row; the others are found by the number in their docstring."""


def proofs() -> dict[str, list[str]]:
    """By number the tests that stand for it."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.FunctionDef):
                continue
            said = " ".join((ast.get_docstring(node) or "").split())
            for numbers in NAMED.findall(said):
                for number in re.findall(ONE, numbers):
                    found[number].append(node.name)
    for number, names in ALSO.items():
        found[number] += names
    return found


def page() -> str:
    """The whole page. Raises `AssertionError` if a mechanism is neither proved nor owed, is both,
    or is no mechanism of the catalogue.
    """
    found, known = proofs(), {*NUMBERED, *LISTED}
    missing = [number for number in known if number not in found and number not in OWED]
    assert not missing, f"no test stands for the mechanisms {sorted(missing)}"
    odd = [number for number in found if number not in known or number in OWED]
    assert not odd, f"tests stand for mechanisms that are unknown or owed: {sorted(odd)}"
    parts = [table(NUMBERED, found)]
    for part, heading in HEADINGS.items():
        rows = tuple(number for number in LISTED if number.startswith(f"{part}."))
        parts.append(f"## {part}: {heading}\n\n{table(rows, found)}")
    return (
        "# Known attacks and their tests\n\n"
        "Made by `./dev docs` from the tests: do not edit. The numbers are those of our catalogue\n"
        "of attacks on two-factor sign-in, collected from public advisories. Each row says in the\n"
        "words of its first test what must be true, and where one can see it tried.\n\n"
        + "\n".join(parts)
    )


def table(numbers: tuple[str, ...], found: dict[str, list[str]]) -> str:
    """A table with a row for each of these mechanisms."""
    head = "| No. | What must be true | Tests |\n|---:|---|---|\n"
    return head + "".join(row(number, found.get(number, [])) for number in numbers)


def row(number: str, tests: list[str]) -> str:
    """One line of the table."""
    if not tests:
        return f"| {number} | owed by: {OWED[number]} | |\n"
    name = tests[0].removeprefix("test_").replace("_", " ")
    names = ", ".join(f"`{test}`" for test in tests[:SHOWN])
    more = f" and {len(tests) - SHOWN} more" if len(tests) > SHOWN else ""
    return f"| {number} | {name[:1].upper()}{name[1:]} | {names}{more} |\n"
