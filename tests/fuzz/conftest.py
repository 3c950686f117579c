"""The running product for the short form."""

import pytest

from tests.faces.conftest import hasher, site

__all__ = ["hasher", "site"]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What a form refuses does not depend on the database."""
    return sqlite_url
