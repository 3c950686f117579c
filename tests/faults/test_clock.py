"""The clock of the machine is set back and forth under the running service (faults F18 and F19)."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from tests.faults.cast import Cast, make_cast
from tests.faults.clients import Visitor
from tests.faults.history import History, Told
from tests.faults.judge import judged
from tests.faults.service import Service, serving

MINUTE, HOUR, DAY = 60, 3600, 86400


def library() -> str:
    """What `faketime` loads before the C library."""
    assert shutil.which("faketime"), "faketime is missing; `./dev test` installs it on Debian"
    said = subprocess.run(
        ["faketime", "-m", "now", "printenv", "LD_PRELOAD"],
        capture_output=True,
        text=True,
        check=True,
    )
    return said.stdout.split(":")[0].strip()


@dataclass
class Clock:
    """The clock that the service sees."""

    file: Path
    offset: int = 0

    def set(self, offset: int) -> None:
        """So many seconds from the real one, from now on."""
        self.offset = offset
        other = self.file.with_suffix(".new")
        other.write_text(f"{offset:+d}")
        other.replace(self.file)

    def now(self) -> float:
        """What it shows."""
        return time.time() + self.offset


@dataclass
class Scene:
    """The service under a clock that can be set."""

    service: Service
    cast: Cast
    clock: Clock
    history: History

    def ask(self, turn: int, *, code: str = "", step: int = 0) -> Told:
        """Have the present code of a member checked, or one that was seen before."""
        member = self.cast.enrolled[turn]
        step = step or int(self.clock.now()) // 30
        with Visitor(self.service, self.history, Random(turn)) as shop:
            return shop.verify(self.cast.key, member, code or member.code(step), step=step).told

    def verdict(self) -> list[str]:
        """What the judge says."""
        return judged(self.history, self.cast, self.service.folder, self.service.database_url)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """On SQLite: the clock that counts is that of the service on both databases."""
    url = f"sqlite:///{tmp_path / 'twofold.db'}"
    cast = make_cast(tmp_path, url, enrolled=6, newcomers=0, forgetful=0, suspects=0)
    clock = Clock(tmp_path / "offset")
    clock.set(0)
    with serving(
        tmp_path,
        url,
        LD_PRELOAD=library(),
        FAKETIME_TIMESTAMP_FILE=str(clock.file),
        FAKETIME_NO_CACHE="1",
        FAKETIME_DONT_FAKE_MONOTONIC="1",
    ) as service:
        yield Scene(service, cast, clock, History())


@pytest.mark.timeout(120)
@pytest.mark.parametrize("back", [1, 30, 5 * MINUTE, DAY])
def test_set_back_no_code_works_twice(scene: Scene, back: int) -> None:
    """What was accepted before the step back is refused after it, and after the way forth."""
    step = int(scene.clock.now()) // 30
    assert scene.ask(0) is Told.YES
    for offset in (-back, 0):
        scene.clock.set(offset)
        for near in (-1, 0, 1):
            told = scene.ask(0, step=step + near)
            assert told is not Told.YES or step + near > step
    assert scene.ask(1) is Told.YES
    assert scene.verdict() == []


@pytest.mark.timeout(120)
@pytest.mark.parametrize("forth", [2 * MINUTE, HOUR, DAY])
def test_set_forth_and_corrected_no_code_works_twice(scene: Scene, forth: int) -> None:
    """A code that was accepted in the future is refused there and here; others go on."""
    scene.clock.set(forth)
    future = int(scene.clock.now()) // 30
    assert scene.ask(0) is Told.YES
    assert scene.ask(0, step=future) is Told.NO
    scene.clock.set(0)
    assert scene.ask(0, step=future) is Told.NO
    assert scene.ask(1) is Told.YES
    scene.clock.set(forth)
    assert scene.ask(0, step=future) is Told.NO
    assert scene.verdict() == []


@pytest.mark.timeout(120)
def test_a_session_that_is_over_stays_over(scene: Scene) -> None:
    """Signed out, and then the clock is set back to when it was open."""
    member = scene.cast.enrolled[0]
    member.last_step = 0
    with Visitor(scene.service, scene.history, Random(1)) as browser:
        entry = browser.sign_in(member)
        assert entry is not None
        assert entry.told is Told.YES
        assert browser.sign_out(member, entry.session).told is Told.YES
        for offset in (-HOUR, HOUR, 0):
            scene.clock.set(offset)
            assert browser.is_open(entry.session) is False
    assert scene.verdict() == []
