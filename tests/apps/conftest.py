"""What the tests with real programs stand on: one product and one Chromium for all of a worker."""

from collections.abc import Iterator

import pytest

from tests.journeys.conftest import NewPage, browser, new_page, page, watch
from tests.journeys.product import Product, deployment

__all__ = ["NewPage", "browser", "new_page", "page", "watch"]


@pytest.fixture(scope="package")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A deployment that every test founds organisations in. Its log must stay quiet."""
    with deployment(tmp_path_factory.mktemp("apps")) as running:
        yield running
    for word in ("Traceback", "failed", "error"):
        assert word not in running.log(), f"the log speaks of {word!r}"
