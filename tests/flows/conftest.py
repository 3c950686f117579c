"""What the tests of the flows stand on: organisations on each database."""

import pytest

from tests.conftest import FixedClock
from tests.world import Organisation, found
from twofold.ports import Store


@pytest.fixture
def acme(store: Store, clock: FixedClock) -> Organisation:
    """The organisation Acme with its owner Olga, nobody enrolled."""
    return found(store, clock)


@pytest.fixture
def bolt(acme: Organisation) -> Organisation:
    """A second organisation in the same deployment."""
    return found(acme.store, acme.clock, "Bolt")
