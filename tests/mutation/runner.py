"""mutmut, as it is started in the copy of the tree: `python runner.py run ...`."""

from collections.abc import Iterable

from mutmut.__main__ import cli
from mutmut.runners.harness import PytestRunner

_arguments = PytestRunner._pytest_args_regular_run


def _by_function(self: PytestRunner, tests: Iterable[str]) -> list[str]:
    """Name whole test functions to pytest: it cannot find every parameter again by its name, such
    as text with colons, brackets or lone surrogates.
    """
    return _arguments(self, list(dict.fromkeys(test.partition("[")[0] for test in tests)))


PytestRunner._pytest_args_regular_run = _by_function  # type: ignore[method-assign]

if __name__ == "__main__":
    cli()
