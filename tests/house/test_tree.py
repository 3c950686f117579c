"""The tree as a whole: no addresses of the workshop, no dead links, a menu that runs."""

import json
import os
import re
import subprocess
import sys
import tomllib
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.tree import ROOT, shown, text_of, tracked_files

PACKAGE_INDEXES = ("pypi" + ".org", "files.pythonhosted" + ".org", "registry.npmjs" + ".org",
                   "registry.yarnpkg" + ".com", "proxy.golang" + ".org")  # fmt: skip
WORKSHOP = ("/wo" + "rk/", "../sha" + "red", "/opt/py" + "pi")
LOCKS = sorted((ROOT / "locks").glob("*.lock"))
LINK = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)")
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
HTML_LINK = re.compile(r"<(?:a|img)\b[^>]*?\b(?:href|src)=\"([^\"]+)\"")


@pytest.mark.parametrize("words", [PACKAGE_INDEXES, WORKSHOP], ids=["indexes", "workshop"])
def test_no_file_names_where_it_was_made(words: tuple[str, ...]) -> None:
    """A clone works anywhere: no package index, no folder of the machine that wrote it."""
    found = [
        f"{shown(path)}: {word}"
        for path in tracked_files()
        for word in words
        if word in text_of(path).lower()
    ]
    assert found == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_holds_names_versions_and_hashes_only(lock: Path) -> None:
    """Each package is pinned and hashed; no line carries an address or an option."""
    lines = [line.strip() for line in text_of(lock).splitlines()]
    assert not [line for line in lines if "://" in line]
    assert not [line for line in lines if line.startswith("--") and "--hash=sha256:" not in line]
    pins = [line for line in lines if re.match(r"[a-z0-9]", line)]
    assert pins
    assert [line for line in pins if "==" not in line or not line.endswith("\\")] == []


def test_there_are_three_locks() -> None:
    """For starting, for developing, and for the installer itself."""
    assert [lock.name for lock in LOCKS] == ["bootstrap.lock", "dev.lock", "run.lock"]


def test_the_locks_know_every_dependency_of_the_project() -> None:
    """A dependency that is added without its lock would be missing in a fresh clone."""
    project = tomllib.loads(text_of(ROOT / "pyproject.toml"))["project"]
    run, dev = text_of(ROOT / "locks/run.lock"), text_of(ROOT / "locks/dev.lock")

    def missing(requirements: list[str], lock: str) -> list[str]:
        names = [re.split(r"[\[<>=!;\s]", entry)[0].lower() for entry in requirements]
        return [name for name in names if not re.search(rf"^{re.escape(name)}==", lock, re.M)]

    assert missing(project["dependencies"], run) == []
    assert missing(project["dependencies"] + project["optional-dependencies"]["dev"], dev) == []


def test_the_lock_of_the_browser_tests_has_hashes_and_no_address() -> None:
    """npm writes a download address per package unless it is told not to."""
    packages = json.loads(text_of(ROOT / "package-lock.json"))["packages"]
    installed = {name: entry for name, entry in packages.items() if name}
    assert installed
    assert [name for name, entry in installed.items() if "integrity" not in entry] == []
    assert [name for name, entry in installed.items() if "resolved" in entry] == []


def pages() -> list[Path]:
    """The Markdown pages of the project."""
    return [path for path in tracked_files() if path.suffix == ".md"]


def links(page: Path) -> Iterator[str]:
    """The relative links of a page; what stands in code is no link."""
    text = re.sub(r"`[^`\n]*`", "", FENCE.sub("", text_of(page)))
    for found in (*LINK.finditer(text), *HTML_LINK.finditer(text)):
        if not re.match(r"[a-z][a-z0-9+.-]*:", found[1]):
            yield found[1]


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as code hosts make them."""
    made: set[str] = set()
    for heading in re.findall(r"^#{1,6}\s+(.+?)\s*#*$", FENCE.sub("", text_of(page)), re.MULTILINE):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        slug = "".join(c for c in words if c in " -_" or unicodedata.category(c)[0] in "LN")
        slug = slug.replace(" ", "-")
        number = 0
        while (candidate := f"{slug}-{number}" if number else slug) in made:
            number += 1
        made.add(candidate)
    return made | set(re.findall(r"\b(?:id|name)=\"([^\"]+)\"", text_of(page)))


def dead_links(page: Path) -> Iterator[str]:
    """Links of a page that lead nowhere."""
    for link in links(page):
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.is_relative_to(ROOT) or not target.exists():
            yield f"{shown(page)}: {link} is not there"
        elif anchor and target.suffix == ".md" and anchor not in anchors(target):
            yield f"{shown(page)}: {link} has no such heading"


def test_no_link_of_a_page_is_dead() -> None:
    """Every relative link leads to a file of the tree, and every anchor to a heading."""
    assert [dead for page in pages() for dead in dead_links(page)] == []


def test_a_dead_link_would_be_found(tmp_path: Path) -> None:
    """The test above sees links and headings, and nothing that stands in code."""
    page = tmp_path / "page.md"
    page.write_text("# A `b`: c\n[x](#a-b-c) `[y](no)` [z](other.md) [h](https://a.example)\n")
    assert list(links(page)) == ["#a-b-c", "other.md"]
    assert anchors(page) == {"a-b-c"}


@pytest.mark.parametrize(("script", "shell"), [("dev", "sh"), (".ci/run", "bash")])
def test_a_script_can_be_read_by_its_shell(script: str, shell: str) -> None:
    """And may be executed."""
    checked = subprocess.run([shell, "-n", str(ROOT / script)], capture_output=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, b"")
    assert (ROOT / script).stat().st_mode & 0o111 == 0o111


def test_the_menu_explains_itself_and_refuses_what_it_does_not_know() -> None:
    """`./dev` alone shows the commands; a wrong one is an error."""
    helped = subprocess.run([str(ROOT / "dev")], capture_output=True, text=True, check=False)
    assert helped.returncode == 0
    for command in ("serve", "test", "check", "bench", "docs"):
        assert f"\n  {command} " in helped.stdout
    wrong = subprocess.run([str(ROOT / "dev"), "tset"], capture_output=True, text=True, check=False)
    assert wrong.returncode == 1
    assert wrong.stderr.splitlines()[-1] == "dev: there is no command tset."


def test_the_arrows_hold() -> None:
    """The contracts of pyproject.toml: who may import whom."""
    checked = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": "src"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout
