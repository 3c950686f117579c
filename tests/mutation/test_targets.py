"""`./dev mutate` takes long; that it can start, and a sample of what it finds, is seen at once."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutation.__main__ import attack, mutants_of, prepare
from tests.mutation.survivors import explained, one_line
from tests.mutation.targets import ARGUMENTS, ROOT, TARGETS


@pytest.mark.parametrize("target", TARGETS)
def test_a_file_and_its_tests_are_there(target: str) -> None:
    """A file that was moved, or whose tests were, is noticed before the long run."""
    named = [target, *TARGETS[target]]
    assert [path for path in named if not (ROOT / path).is_file()] == []


def test_mutants_are_made_of_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the tests beside it and the wishes in a file of mutmut's own."""
    target = "src/twofold/core/otp.py"
    prepare(tmp_path, target)
    monkeypatch.chdir(tmp_path)
    made = mutants_of(target)
    assert len(made) == len(set(made)) > 100
    assert all(name.startswith("twofold.core.otp.x") for name in made)
    assert (tmp_path / "tests/core/test_otp.py").is_file()
    assert f"only_mutate = {target}\n" in (tmp_path / "setup.cfg").read_text()


def test_a_file_without_tests_of_its_own_is_refused() -> None:
    """In one sentence."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.mutation", "core/people.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 2
    assert "core/people.py is not in tests/mutation/targets.py" in ran.stderr


@pytest.mark.timeout(600)
@pytest.mark.parametrize("target", ["src/twofold/core/otp.py", "src/twofold/core/throttle.py"])
def test_a_sample_is_noticed_or_explained(target: str) -> None:
    """Twelve mutants of each file of the core, always the same ones, against the tests that are
    quick: no test was lost.
    """
    result = attack(target, sample=12, seed=1, arguments=(*ARGUMENTS, "-m", "not hypothesis"))
    assert len(result.statuses) == 12 < result.made
    assert result.unexplained == []
    assert len(result.unnoticed) <= 2, "else the sample would prove little"


def test_a_mutant_is_named_by_its_function_and_its_line() -> None:
    """As the page names it; so a survivor that is not on the page is seen."""
    changed = "--- a\n+++ a\n@@ -1,2 +1,2 @@\n def f(x):\n-    return x + 1\n+    return x - 1\n"
    line = one_line("twofold.core.otp.x_f__mutmut_3", changed)
    assert line == "`f`: `return x + 1` → `return x - 1`"
    line = one_line("twofold.core.otp.xǁHatǁwear__mutmut_3", changed.replace("+    ", "     "))
    assert line == "`Hat.wear`: `return x + 1` → nothing"


def test_what_the_page_explains_is_still_in_the_product() -> None:
    """A survivor whose line has changed since is not explained any more."""
    product = "".join((ROOT / target).read_text() for target in TARGETS)
    lines = set(map(" ".join, map(str.split, product.splitlines())))
    assert len(explained()) > 0
    assert [mutant for mutant, line in explained().items() if line not in lines] == []
