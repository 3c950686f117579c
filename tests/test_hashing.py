"""Argon2id in a bounded pool: right is right, everything else is no, and the queue ends."""

import asyncio
import threading

import pytest
from argon2 import PasswordHasher
from argon2.low_level import Type

from twofold.core.errors import Overloaded
from twofold.hashing import Argon2Hasher


def cheap(*, threads: int = 1, waiting: int = 4, time_cost: int = 1) -> Argon2Hasher:
    """A hasher that costs next to nothing."""
    return Argon2Hasher(
        memory_kib=64, time_cost=time_cost, parallelism=1, threads=threads, waiting=waiting
    )


def test_the_right_password_is_right_and_any_other_is_not() -> None:
    """The round trip, on the pool."""

    async def story() -> tuple[bool, bool]:
        hasher = cheap()
        encoded = await hasher.hash("correct horse")
        return await hasher.verify(encoded, "correct horse"), await hasher.verify(encoded, "wrong")

    assert asyncio.run(story()) == (True, False)


def test_it_is_argon2id_with_the_given_cost_and_a_salt_of_its_own() -> None:
    """Two hashes of one password differ."""
    first, second = (cheap().hash_now("correct horse") for _ in range(2))
    assert first.startswith("$argon2id$v=19$m=64,t=1,p=1$")
    assert first != second


def test_one_password_in_two_unicode_spellings_is_one_password() -> None:
    """A composed and a decomposed umlaut are typed by the same person on two keyboards."""
    hasher = cheap()
    encoded = hasher.hash_now("schlüssel bund")
    assert asyncio.run(hasher.verify(encoded, "schlu\u0308ssel bund"))


@pytest.mark.parametrize("password", ["", "x", "correct horse", "\ud800"])
def test_nobody_is_never_let_in(password: str) -> None:
    """Without a stored hash the work is done and the answer is no."""
    assert asyncio.run(cheap().verify(None, password)) is False


def test_the_string_for_nobody_costs_what_a_real_one_costs() -> None:
    """Same kind, same memory, same passes, same lengths: unknown addresses answer as slowly."""
    hasher = Argon2Hasher(memory_kib=19456, time_cost=3, parallelism=2, threads=1)
    assert hasher.needs_rehash(hasher._nobody) is False
    assert len(hasher._nobody) == len(hasher.hash_now("x"))


@pytest.mark.parametrize(
    "encoded", ["", "nonsense", "$argon2id$v=19$m=64,t=1,p=1$AA", "$argon2id$\0", "ü" * 90]
)
def test_a_broken_hash_lets_nobody_in(encoded: str) -> None:
    """Any error inside a check means no."""
    assert asyncio.run(cheap().verify(encoded, "correct horse")) is False


def test_a_password_that_is_not_text_lets_nobody_in() -> None:
    """A lone surrogate cannot be encoded; that is a no and not a crash."""
    hasher = cheap()
    assert asyncio.run(hasher.verify(hasher.hash_now("x"), "\ud800")) is False


def test_a_hash_of_other_settings_wants_to_be_made_again() -> None:
    """So do other kinds of Argon2 and what cannot be read."""
    encoded = cheap().hash_now("correct horse")
    assert cheap().needs_rehash(encoded) is False
    assert cheap(time_cost=2).needs_rehash(encoded) is True
    other = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1, type=Type.I).hash("x")
    assert cheap().needs_rehash(other) is True
    assert cheap().needs_rehash("nonsense") is True


def test_what_does_not_fit_into_the_queue_is_refused_and_room_comes_back() -> None:
    """One runs, two wait, the fourth is refused at once; afterwards there is room again."""

    async def story() -> tuple[list[object], bool]:
        hasher = cheap(threads=1, waiting=2)
        encoded = hasher.hash_now("x")
        gate = threading.Event()
        blocker = asyncio.ensure_future(hasher._in_pool(gate.wait))
        await asyncio.sleep(0)
        waiting = [asyncio.ensure_future(hasher.verify(encoded, "x")) for _ in range(3)]
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        gate.set()
        results = await asyncio.gather(*waiting, return_exceptions=True)
        await blocker
        return results, await hasher.verify(encoded, "x")

    results, afterwards = asyncio.run(story())
    assert results[:2] == [True, True]
    assert isinstance(results[2], Overloaded)
    assert afterwards is True


def test_a_request_that_was_given_up_frees_its_place() -> None:
    """A person who closes the page while waiting does not use up the queue for good."""

    async def story() -> bool:
        hasher = cheap(threads=1, waiting=1)
        encoded = hasher.hash_now("x")
        gate = threading.Event()
        blocker = asyncio.ensure_future(hasher._in_pool(gate.wait))
        await asyncio.sleep(0)
        given_up = asyncio.ensure_future(hasher.verify(encoded, "x"))
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.wait([given_up])
        waiting = asyncio.ensure_future(hasher.verify(encoded, "x"))
        await asyncio.sleep(0)
        gate.set()
        await blocker
        return await waiting

    assert asyncio.run(story()) is True


def test_nothing_shows_a_password(caplog: pytest.LogCaptureFixture) -> None:
    """Neither a repr nor what is logged about a broken hash."""
    hasher = cheap()
    assert repr(hasher) == "Argon2Hasher()"
    asyncio.run(hasher.verify("nonsense", "hunter2-hunter2"))
    assert "hunter2" not in caplog.text
