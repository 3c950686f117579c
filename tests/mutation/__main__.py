"""Change the code in small ways, one at a time, and see whether a test notices (mutation testing).

`./dev mutate` does it for every file of `targets.py`, `./dev mutate core/otp.py` for one. The
changes are made by mutmut in a copy of the tree. Each mutant that no test noticed is printed; those
that are known and harmless are explained in docs/mutation.md.
"""

import argparse
import contextlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.mutation.file_mutation import mutate_file_contents
from mutmut.stats import status_by_exit_code
from mutmut.utils.format_utils import get_mutant_name

from tests.mutation.survivors import explained, one_line
from tests.mutation.targets import ARGUMENTS, ROOT, TARGETS

RUNNER = Path(__file__).with_name("runner.py")
NOTICED = {"killed", "timeout"}


@dataclass(frozen=True)
class Result:
    """What became of the mutants of one file."""

    target: str
    made: int
    """How many mutants there are; more than were tried if only a sample was."""
    statuses: dict[str, str]
    """What became of each that was tried, in mutmut's words."""
    unnoticed: dict[str, str]
    """Those that passed every test, as differences."""

    @property
    def unexplained(self) -> list[str]:
        """Those of them that docs/mutation.md does not know."""
        known = explained()
        lines = [one_line(name, difference) for name, difference in self.unnoticed.items()]
        return [line for line in lines if line not in known]

    @property
    def row(self) -> str:
        """A row of the table."""
        counts = Counter(self.statuses.values())
        tried, noticed = len(self.statuses), sum(counts[status] for status in NOTICED)
        share = f"{100 * noticed / tried:.1f} %"
        cells = (self.target, self.made, tried, noticed, tried - noticed, share)
        return "| " + " | ".join(map(str, cells)) + " |"


def main() -> None:
    """Read the arguments, run file after file, print the survivors and a table."""
    parser = argparse.ArgumentParser(prog="./dev mutate", description=__doc__)
    parser.add_argument("files", nargs="*", metavar="FILE", help="such as core/otp.py")
    parser.add_argument("--sample", type=int, default=0, help="try only so many mutants of a file")
    parser.add_argument("--seed", type=int, default=1, help="which ones")
    parser.add_argument(
        "--only", nargs="+", default=["*"], help="mutants whose names fit a pattern"
    )
    chosen = parser.parse_args()
    targets = list(chosen_targets(parser, chosen.files))
    results = [attack(target, chosen.sample, chosen.seed, chosen.only) for target in targets]
    for result in results:
        for name, difference in result.unnoticed.items():
            print(f"\n# {name}: {result.statuses[name]}\n{difference}")
        for line in result.unexplained:
            print(f"\nNot in docs/mutation.md: {line}")
    print("\n| File | Mutants | Tried | Noticed | Not noticed | Share |\n|---|--:|--:|--:|--:|--:|")
    print("\n".join(result.row for result in results))


def chosen_targets(parser: argparse.ArgumentParser, files: Sequence[str]) -> Iterator[str]:
    """The files that are meant, in the order of `TARGETS` if none is named."""
    for file in files or TARGETS:
        target = "src/twofold/" + file.removeprefix("src/twofold/")
        if target not in TARGETS:
            parser.error(f"{file} is not in tests/mutation/targets.py")
        yield target


def attack(
    target: str,
    sample: int,
    seed: int,
    only: Sequence[str] = ("*",),
    arguments: Sequence[str] = ARGUMENTS,
) -> Result:
    """Try the mutants of one file against its tests, which are started with `arguments`."""
    folder = Path(tempfile.mkdtemp(prefix="twofold-mutants-", dir=memory()))
    try:
        prepare(folder, target, arguments)
        with contextlib.chdir(folder):
            made = mutants_of(target)
            wanted = random.Random(seed).sample(made, sample) if 0 < sample < len(made) else only
            print(f"{target}: {len(made)} mutants", flush=True)
            environment = {name: os.environ[name] for name in os.environ.keys() - {"PYTHONPATH"}}
            environment |= {"PYTHONDONTWRITEBYTECODE": "1", "TMPDIR": str(folder)}
            subprocess.run(
                [sys.executable, RUNNER, "run", "--max-children", "1", *wanted],
                env=environment,
                check=True,
            )
            return result_of(target, len(made))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def memory() -> Path | None:
    """A file system without a disk, if there is one: the databases of the tests wait for theirs."""
    path = Path("/dev/shm")
    return path if os.access(path, os.W_OK) else None


def prepare(folder: Path, target: str, arguments: Sequence[str] = ARGUMENTS) -> None:
    """Copy what is needed, and say in mutmut's own file what is wanted."""
    for name in ("src", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    lines = [
        "[mutmut]",
        "source_paths = src",
        f"only_mutate = {target}",
        "pytest_add_cli_args_test_selection =",
        *(f"    {path}" for path in TARGETS[target]),
        "pytest_add_cli_args =",
        *(f"    {argument}" for argument in arguments),
        "use_git_change_detection = false",
    ]
    (folder / "setup.cfg").write_text("\n".join(lines) + "\n")


def mutants_of(target: str) -> list[str]:
    """The names of the mutants that mutmut makes of a file."""
    path = Path(target)
    made = mutate_file_contents(target, path.read_text())
    return [get_mutant_name(path, name) for name in made.mutant_names]


def result_of(target: str, made: int) -> Result:
    """What mutmut has written down."""
    codes = json.loads(Path("mutants", f"{target}.meta").read_text())["exit_code_by_key"]
    statuses = {name: status_by_exit_code[code] for name, code in codes.items() if code is not None}
    unnoticed = {
        name: get_diff_for_mutant(name, path=Path(target))
        for name, status in statuses.items()
        if status not in NOTICED
    }
    return Result(target, made, statuses, unnoticed)


if __name__ == "__main__":
    main()
