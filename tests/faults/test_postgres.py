"""PostgreSQL stands still, ends, or is cut off in the moment of a commit (faults F7 and F10)."""

import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest

from tests.faults.cast import Cast, make_cast
from tests.faults.clients import Visitor
from tests.faults.history import Act, Entry, History, Told
from tests.faults.judge import judged
from tests.faults.nursery import Nursery
from tests.faults.proxy import Cut, Wire
from tests.faults.servers import Postgres
from tests.faults.service import Service, serving
from tests.faults.weather import CUT


@dataclass
class Scene:
    """Two processes on a database behind a wire that can be cut."""

    service: Service
    cast: Cast
    wire: Wire
    server: Postgres
    url: str
    history: History
    steps: dict[int, int] = field(default_factory=dict)
    """The step of the code that each sends, always the same."""

    def ask(self, turn: int, attempt: str, *, patience: float = 60) -> Entry:
        """Have the code of a member checked; the same one as often as it is asked with it."""
        member = self.cast.enrolled[turn]
        step = self.steps.setdefault(turn, int(time.time()) // 30)
        with Visitor(self.service, self.history, Random(turn), patience=patience) as shop:
            return shop.verify(
                self.cast.key,
                member,
                member.code(step),
                attempt=attempt,
                step=step,
            )

    def verdict(self) -> list[str]:
        """What the judge says."""
        return judged(self.history, self.cast, self.service.folder, self.url)


@pytest.fixture
def scene(durable_postgres: Postgres, nursery: Nursery, tmp_path: Path) -> Iterator[Scene]:
    """With people whose codes were not used yet."""
    url = durable_postgres.new_database("trouble")
    cast = make_cast(tmp_path, url, enrolled=12, newcomers=0, forgetful=0, suspects=0)
    with Wire(durable_postgres.port) as wire:
        through = durable_postgres.url("trouble", wire.port)
        with serving(tmp_path, through, processes=2, nursery=nursery) as service:
            yield Scene(service, cast, wire, durable_postgres, url, History())


@pytest.mark.timeout(120)
@pytest.mark.parametrize("where", [Cut.BEFORE, Cut.AFTER])
def test_cut_at_a_commit_a_code_is_accepted_once_or_not_at_all(scene: Scene, where: Cut) -> None:
    """The answer is an error and no yes. Asked again under the same id of the attempt it is one
    yes, whether the first was done or not; and the code under another id is a no.
    """
    for turn in range(6):
        scene.wire.cut_next(where, f"attempt-{turn}".encode())
        assert scene.ask(turn, f"attempt-{turn}").told is Told.BUSY
        assert scene.ask(turn, f"attempt-{turn}").told is Told.YES
    for turn in range(6):
        assert scene.ask(turn, f"another-{turn}").told is Told.NO
    assert scene.wire.cuts == 6
    assert scene.verdict() == []


@pytest.mark.timeout(120)
def test_while_postgres_stands_still_nobody_is_let_in(scene: Scene) -> None:
    """Not ready, no yes; when it goes on, whoever asks again with the same id has one yes."""
    asked = [
        threading.Thread(target=scene.ask, args=(turn, f"stands-still-{turn}")) for turn in range(6)
    ]
    scene.server.signal_all(signal.SIGSTOP)
    try:
        for one in asked:
            one.start()
        assert scene.ask(6, "impatient", patience=1).told is Told.UNKNOWN
        for process in scene.service.processes:
            assert process.status("/readyz") == 503
            assert process.status("/healthz") == 200
        assert scene.history.those(Act.VERIFY, told=Told.YES) == []
    finally:
        scene.server.signal_all(signal.SIGCONT)
    for one in asked:
        one.join(60)
    for turn in range(6):
        assert scene.ask(turn, f"stands-still-{turn}").told is Told.YES
    assert scene.ask(6, "impatient").told is Told.YES
    assert scene.ask(6, "once-again").told is Told.NO
    scene.service.wait()
    assert scene.verdict() == []


@pytest.mark.timeout(120)
def test_when_every_connection_is_dropped_the_next_request_finds_a_new_one(scene: Scene) -> None:
    """Idle connections that are dead cost nobody an error."""
    for turn in range(4):
        assert scene.ask(turn, f"before-{turn}").told is Told.YES
        scene.server.execute(CUT, database="trouble")
        assert scene.ask(turn + 4, f"afterwards-{turn}").told is Told.YES
    assert scene.verdict() == []
