"""One right code at once over many connections and two processes (mechanisms 30 and 33)."""

from pathlib import Path
from random import Random

import pytest

from tests.faults.cast import make_cast
from tests.faults.history import History, Told
from tests.faults.judge import judged
from tests.faults.nursery import Nursery
from tests.faults.servers import Postgres
from tests.faults.service import serving
from tests.faults.volley import Volley

ROUNDS = 10


@pytest.mark.timeout(180)
@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_one_code_on_many_connections_is_accepted_once(
    database: str, request: pytest.FixtureRequest, nursery: Nursery, tmp_path: Path
) -> None:
    """Pages and API together, ten rounds; `./dev chaos --rounds 1000` has more."""
    url, processes = f"sqlite:///{tmp_path / 'twofold.db'}", 1
    if database == "postgres":
        server: Postgres = request.getfixturevalue("durable_postgres")
        url, processes = server.new_database("volley"), 2
    cast = make_cast(tmp_path, url, enrolled=ROUNDS, newcomers=0, forgetful=0, suspects=0)
    history = History()
    with serving(tmp_path, url, processes=processes, nursery=nursery) as service:
        volley = Volley(service, cast, history, Random(1))
        for _ in range(ROUNDS):
            assert volley.fire().count(Told.YES) == 1
    assert judged(history, cast, tmp_path, url) == []
