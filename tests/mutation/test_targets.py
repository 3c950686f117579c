"""`./dev mutate` takes long; that it can start is seen at once."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutation.__main__ import ROOT, mutants_of, prepare
from tests.mutation.targets import TARGETS


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
