"""What the tests with real programs stand on: one product and one Chromium for all of a worker."""

from collections.abc import Iterator

import pytest

from tests.apps.names import NAMES, somebody
from tests.apps.programs import PROGRAMS
from tests.apps.record import CLOCKS, LOOKS, SETTINGS, TWICE
from tests.apps.walk import found
from tests.journeys.conftest import NewPage, browser, new_page, page, watch
from tests.journeys.product import Product, deployment

__all__ = ["NewPage", "browser", "new_page", "page", "watch"]


@pytest.fixture(scope="package")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A deployment with an organisation for each name and each test. Its log must stay quiet."""
    others = (*PROGRAMS, *LOOKS, *CLOCKS, *SETTINGS, TWICE)
    with deployment(tmp_path_factory.mktemp("apps")) as running:
        found(running, [*NAMES, *map(somebody, others)])
        yield running
    for word in ("Traceback", "failed", "error"):
        assert word not in running.log(), f"the log speaks of {word!r}"
