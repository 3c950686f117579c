"""The checkout as the house tests see it: its text files and its parsed Python sources."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "src" / "twofold"


@cache
def tracked_files() -> tuple[Path, ...]:
    """Every file that is in the repository or would be added to it.

    A tree without a repository (a release archive) is walked instead.
    """
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode == 0:
        names = (ROOT / name for name in listed.stdout.decode().split("\0") if name)
        return tuple(sorted(path for path in set(names) if path.is_file()))
    return tuple(sorted(_walk(ROOT)))


_MADE = {".git", ".venv", "node_modules", "data", "build", "dist", "__pycache__"}


def _walk(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        hidden_cache = path.name.startswith(".") and path.name.endswith("_cache")
        if path.name in _MADE or hidden_cache or path.is_symlink():
            continue
        if path.is_dir():
            yield from _walk(path)
        else:
            yield path


@cache
def text_of(path: Path) -> str:
    """The text of a file; empty for what is not text (pictures)."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


@cache
def sources(*, under: str = "") -> tuple[Path, ...]:
    """The Python files of the product, or of one part of it."""
    return tuple(sorted((SOURCES / under).rglob("*.py")))


@cache
def parsed(path: Path) -> ast.Module:
    """A source file as a syntax tree."""
    return ast.parse(text_of(path), filename=str(path))


def shown(path: Path) -> str:
    """A path as it reads in a failure."""
    return str(path.relative_to(ROOT))
