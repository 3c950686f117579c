"""The disk: full, and broken (faults F4 and F5). Nobody is let in meanwhile; then all goes on."""

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from tests.faults.cast import Cast, make_cast
from tests.faults.clients import Visitor
from tests.faults.history import History, Told
from tests.faults.judge import judged
from tests.faults.servers import postgres_server
from tests.faults.service import Service, limit_files, serving

PEOPLE = {"enrolled": 12, "newcomers": 0, "forgetful": 0, "suspects": 0}
ALL_IN_TURN = 4


def ask(service: Service, cast: Cast, history: History, turn: int) -> Told:
    """The next member has a code checked."""
    member = cast.enrolled[turn]
    step = member.new_step(time.time())
    assert step is not None
    with Visitor(service, history, Random(turn)) as shop:
        return shop.verify(cast.key, member, member.code(step), step=step).told


def told_during(
    service: Service,
    cast: Cast,
    history: History,
    begin: Callable[[], None],
    end: Callable[[], None],
) -> None:
    """Codes before the fault, in it and after it: in it an error, afterwards yes again."""
    assert ask(service, cast, history, 0) is Told.YES
    begin()
    for turn in range(1, ALL_IN_TURN):
        # A request that waits for a database that is gone may get no answer in its time.
        assert ask(service, cast, history, turn) in (Told.BUSY, Told.UNKNOWN)
    assert service.processes[0].running is not None
    assert service.processes[0].running.poll() is None, "the service ended"
    end()
    for turn in range(ALL_IN_TURN, 2 * ALL_IN_TURN):
        assert ask(service, cast, history, turn) is Told.YES


@contextlib.contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    """A file system of its own; as root alone."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def fill(file: Path) -> None:
    """Take all the room that is left."""
    with contextlib.suppress(OSError), file.open("wb", buffering=0) as filler:
        while True:
            filler.write(b"x" * 4096)


def may_mount(folder: Path) -> bool:
    """Whether this machine lets us have a small disk."""
    try:
        with small_disk(folder, "1m"):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.timeout(120)
def test_a_full_disk_lets_nobody_in_and_heals_by_itself(tmp_path: Path) -> None:
    """On a small disk where we may have one; else a limit on the size of files stands in for it."""
    folder, history = tmp_path / "disk", History()
    url = f"sqlite:///{folder / 'twofold.db'}"
    with contextlib.ExitStack() as stack:
        is_real = may_mount(tmp_path / "try")
        if is_real:
            stack.enter_context(small_disk(folder, "12m"))
        cast = make_cast(folder, url, **PEOPLE)
        service = stack.enter_context(serving(folder, url))
        pid, filler = service.processes[0].pid, folder / "filler"
        if is_real:
            told_during(service, cast, history, lambda: fill(filler), filler.unlink)
        else:
            told_during(
                service, cast, history, lambda: limit_files(pid, 4096), lambda: limit_files(pid, -1)
            )
        assert judged(history, cast, folder, url) == []
        assert service.processes[0].stop() == 0


@pytest.fixture(scope="module")
def failing_sync() -> Iterator[Path]:
    """The library whose fsync fails on demand, where the server's own user can read it."""
    assert shutil.which("gcc"), "gcc is missing; `./dev test` installs it on Debian"
    folder = Path(tempfile.mkdtemp(prefix="twofold-sync-"))
    folder.chmod(0o755)
    source = Path(__file__).with_name("failing_sync.c")
    made = folder / "failing_sync.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", made, source, "-ldl"], check=True)
    yield made
    shutil.rmtree(folder)


@pytest.mark.timeout(120)
def test_a_disk_that_cannot_be_synced_lets_nobody_in(tmp_path: Path, failing_sync: Path) -> None:
    """SQLite: what could not be made durable was not done, and nobody is told that it was."""
    url, history, mark = f"sqlite:///{tmp_path / 'twofold.db'}", History(), tmp_path / "fails"
    cast = make_cast(tmp_path, url, **PEOPLE)
    with serving(tmp_path, url, LD_PRELOAD=str(failing_sync), FAILING_SYNC=str(mark)) as service:
        told_during(service, cast, history, mark.touch, mark.unlink)
        assert judged(history, cast, tmp_path, url) == []
        service.processes[0].kill()
        service.processes[0].start()
        service.wait()
        assert judged(history, cast, tmp_path, url) == []
        assert ask(service, cast, history, 2 * ALL_IN_TURN) is Told.YES


@pytest.mark.timeout(180)
def test_postgres_that_cannot_sync_lets_nobody_in(tmp_path: Path, failing_sync: Path) -> None:
    """It ends itself rather than go on, and what was acknowledged is there when it is back."""
    mark = failing_sync.parent / "fails"
    history = History()
    with postgres_server({"LD_PRELOAD": str(failing_sync), "FAILING_SYNC": str(mark)}) as server:
        url = server.new_database("sync")
        cast = make_cast(tmp_path, url, **PEOPLE)
        with serving(tmp_path, url) as service:

            def back() -> None:
                mark.unlink()
                server.stop()
                server.start()
                service.wait()

            told_during(service, cast, history, mark.touch, back)
            assert judged(history, cast, tmp_path, url) == []


@pytest.mark.timeout(180)
def test_postgres_on_a_full_disk_lets_nobody_in(tmp_path: Path) -> None:
    """Its tables on a small disk of their own, where we may have one."""
    history = History()
    if not may_mount(tmp_path / "try"):
        pytest.skip(
            "NOT TESTED: a full disk under PostgreSQL. It needs leave to mount: run as root."
        )
    with postgres_server() as server:
        folder = server.folder.parent / "small"
        with small_disk(folder, "24m"):
            shutil.chown(folder, os.stat(server.folder).st_uid)
            server.execute(f"CREATE TABLESPACE small LOCATION '{folder}'")
            server.execute("CREATE DATABASE small TABLESPACE small")
            url = server.url("small")
            cast = make_cast(tmp_path, url, **PEOPLE)
            with serving(tmp_path, url) as service:
                told_on_a_filling_disk(service, cast, history, folder / "filler")
                assert judged(history, cast, tmp_path, url) == []
            server.execute("DROP DATABASE small WITH (FORCE)", "DROP TABLESPACE small")


def told_on_a_filling_disk(service: Service, cast: Cast, history: History, filler: Path) -> None:
    """Pages of tables have room left for a while, so here an answer may still be yes."""
    fill(filler)
    for turn in range(ALL_IN_TURN):
        assert ask(service, cast, history, turn) in (Told.YES, Told.BUSY)
    filler.unlink()
    for turn in range(ALL_IN_TURN, 2 * ALL_IN_TURN):
        assert ask(service, cast, history, turn) is Told.YES
