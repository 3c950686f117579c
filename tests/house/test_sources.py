"""The shape of the sources: small files, small functions, early imports, a pure middle."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.tree import parsed, shown, sources, text_of

LINES_IN_A_FILE = 400
LINES_IN_A_FUNCTION = 40
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)

IMPURE = {"time", "random", "secrets", "os", "uuid", "threading", "asyncio", "socket", "logging"}
"""Modules that bring time, chance or the outside world."""

FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "misc"}


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of a file, inner ones too."""
    return (node for node in ast.walk(tree) if isinstance(node, FUNCTION))


def own_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function's body, without signature and docstring."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_there_are_sources() -> None:
    """The other tests of this file look at something."""
    assert len(sources()) > 20
    assert sources(under="core")
    assert sources(under="flows")


def test_no_file_is_too_long() -> None:
    """A file that grows past the limit is split by verb or by page."""
    long = {
        shown(path): lines
        for path in sources()
        if (lines := len(text_of(path).splitlines())) > LINES_IN_A_FILE
    }
    assert long == {}


def test_no_function_is_too_long() -> None:
    """A function says one thing."""
    long = [
        f"{shown(path)}:{node.lineno} {node.name}: {own_lines(node)} lines"
        for path in sources()
        for node in functions(parsed(path))
        if own_lines(node) > LINES_IN_A_FUNCTION
    ]
    assert long == []


def test_no_import_hides_in_a_function() -> None:
    """What a module needs stands at its top, where the arrows are checked."""
    late = [
        f"{shown(path)}:{inner.lineno} in {node.name}"
        for path in sources()
        for node in functions(parsed(path))
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    assert late == []


LOADERS = {
    "src/twofold/cli/menu.py",  # the commands, within its own package, so that --help is quick
    "src/twofold/storage/engine.py",  # the SQLite driver, the newer of the two that there are
}


def test_modules_are_loaded_by_name_in_two_places_only() -> None:
    """`importlib` goes around the arrows, so each use has its reason here."""
    users = {
        shown(path)
        for path in sources()
        if "import_module(" in text_of(path) or "__import__(" in text_of(path)
    }
    assert users <= LOADERS


def public_without_docstring(path: Path) -> Iterator[str]:
    """Public modules, classes, functions and methods that do not say what they are for."""
    if ast.get_docstring(parsed(path)) is None:
        yield f"{shown(path)}: the module"
    for node in parsed(path).body:
        yield from _undocumented(node, shown(path))


def _undocumented(node: ast.stmt, where: str) -> Iterator[str]:
    if not isinstance(node, (*FUNCTION, ast.ClassDef)) or node.name.startswith("_"):
        return
    if ast.get_docstring(node) is None and not _is_protocol_method(node):
        yield f"{where}:{node.lineno} {node.name}"
    if isinstance(node, ast.ClassDef):
        for inner in node.body:
            yield from _undocumented(inner, f"{where} {node.name}")


def _is_protocol_method(node: ast.stmt) -> bool:
    """A method whose body is `...` may be told by its name and its types."""
    return (
        isinstance(node, FUNCTION)
        and isinstance(last := node.body[-1], ast.Expr)
        and isinstance(last.value, ast.Constant)
        and last.value.value is Ellipsis
    )


def test_everything_public_says_what_it_is_for() -> None:
    """One line is enough when the types say the rest."""
    assert [line for path in sources() for line in public_without_docstring(path)] == []


def imported(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and full name of everything that a file imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports name the whole path"
            yield node.lineno, node.module or ""


@pytest.mark.parametrize("part", ["core", "flows"])
def test_the_middle_has_no_clock_no_chance_and_no_outside(part: str) -> None:
    """`now` and random values are arguments, so every rule can be tested at any moment."""
    impure = [
        f"{shown(path)}:{line} {name}"
        for path in sources(under=part)
        for line, name in imported(parsed(path))
        if name.split(".")[0] in IMPURE
    ]
    assert impure == []


@pytest.mark.parametrize("part", ["core", "flows"])
def test_the_middle_never_asks_what_time_it_is(part: str) -> None:
    """`datetime` is for showing a given moment."""
    asked = [
        f"{shown(path)}:{node.lineno} {node.attr}"
        for path in sources(under=part)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute)
        and node.attr in {"now", "utcnow", "today"}
        and isinstance(node.value, ast.Name)
        and node.value.id in {"datetime", "date"}
    ]
    assert asked == []


def test_the_core_knows_only_itself() -> None:
    """Nothing of Twofold outside the core is imported by the core."""
    outside = [
        f"{shown(path)}:{line} {name}"
        for path in sources(under="core")
        for line, name in imported(parsed(path))
        if name.split(".")[0] == "twofold" and not name.startswith("twofold.core")
    ]
    assert outside == []


def test_nothing_is_left_to_do_in_the_sources() -> None:
    """What is open belongs into the tracker, where somebody reads it."""
    marks = ("TO" + "DO", "FIX" + "ME", "XX" + "X:")
    left = [shown(path) for path in sources() for mark in marks if mark in text_of(path)]
    assert left == []


def test_no_file_is_named_after_nothing() -> None:
    """`utils` is where code goes to be forgotten."""
    assert [shown(path) for path in sources() if path.stem in FORBIDDEN_NAMES] == []
