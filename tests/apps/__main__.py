"""`./dev apps`: run the tests with real programs and write down what they saw."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.apps.page import PAGE, with_part, written
from tests.apps.record import SEEN
from tests.apps.versions import versions


def main() -> int:
    """The exit status of the run; the page is written only when everything passed."""
    folder = str(Path(__file__).parent)
    status = pytest.main([folder, "-q", "-p", "no:xdist", *sys.argv[1:]])
    if status != pytest.ExitCode.OK:
        return int(status)
    part = written(SEEN, versions(), f"{datetime.now(UTC):%Y-%m-%d}")
    PAGE.write_text(with_part(PAGE.read_text(encoding="utf-8"), part), encoding="utf-8")
    print(f"docs/{PAGE.name} is written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
