"""`kill -9` of the service at random moments while everybody uses it (faults F1, F2, F16)."""

import time
from pathlib import Path
from random import Random

import pytest

from tests.faults.cast import make_cast
from tests.faults.history import Told
from tests.faults.judge import judged
from tests.faults.nursery import Nursery
from tests.faults.play import Play, look_again
from tests.faults.servers import Postgres
from tests.faults.service import serving
from tests.mail.servers import Box, mail_server

KILLS = 10
SEED = 20261124


@pytest.mark.timeout(300)
@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_killed_at_random_moments(
    database: str, request: pytest.FixtureRequest, nursery: Nursery, tmp_path: Path
) -> None:
    """All invariants hold after ten kills; on PostgreSQL the other process serves on."""
    url, processes = f"sqlite:///{tmp_path / 'twofold.db'}", 1
    if database == "postgres":
        server: Postgres = request.getfixturevalue("durable_postgres")
        url, processes = server.new_database("kills"), 2
    cast = make_cast(tmp_path, url)
    random, box = Random(SEED), Box()
    with (
        mail_server(box) as port,
        serving(
            tmp_path,
            url,
            processes=processes,
            nursery=nursery,
            TWOFOLD_SMTP_URL=f"smtp://127.0.0.1:{port}",
        ) as service,
    ):
        play = Play(service, cast, SEED)
        with play.running():
            for _ in range(KILLS):
                victim = random.choice(service.processes)
                time.sleep(random.uniform(0.1, 1.0))
                victim.kill()
                victim.start()
                victim.wait()
        found = look_again(play) + judged(play.history, cast, tmp_path, url, box.received)
        assert found == [], f"seed {SEED}"
        assert play.history.count(Told.YES) > 10, "hardly anything was acknowledged"
        assert service.processes[0].stop() == 0
