"""What the faults stand on."""

from collections.abc import Iterator

import pytest

from tests.faults.nursery import Nursery
from tests.faults.servers import Postgres, postgres_server


@pytest.fixture(scope="session")
def durable_postgres() -> Iterator[Postgres]:
    """A PostgreSQL server that waits for the disk."""
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Where processes of the service come from quickly."""
    made = Nursery()
    yield made
    made.close()
