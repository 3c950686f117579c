"""The real clock and the real randomness."""

import threading
import time
import uuid

from twofold.system import SystemClock, SystemRandom


def test_the_clock_counts_whole_seconds_since_the_epoch() -> None:
    """It agrees with the machine's clock."""
    before = int(time.time())
    now = SystemClock().now()
    assert before <= now <= int(time.time())


def test_a_token_is_256_bits_in_43_characters() -> None:
    """URL-safe, without padding, never the same twice."""
    random = SystemRandom()
    tokens = {random.token() for _ in range(200)}
    assert len(tokens) == 200
    assert {len(token) for token in tokens} == {43}


def test_a_secret_is_160_bits() -> None:
    """The length that RFC 4226 recommends."""
    random = SystemRandom()
    assert len(random.secret()) == 20
    assert random.secret() != random.secret()


def test_an_id_is_a_uuid_of_version_7_that_carries_the_time() -> None:
    """RFC 9562 section 5.7."""
    before = time.time_ns() // 1_000_000
    made = uuid.UUID(SystemRandom().new_id())
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert before <= made.int >> 80 <= time.time_ns() // 1_000_000


def test_ids_sort_in_the_order_in_which_they_were_made() -> None:
    """Also those of one millisecond."""
    random = SystemRandom()
    ids = [random.new_id() for _ in range(5000)]
    assert ids == sorted(ids)
    assert len(set(ids)) == 5000


def test_ids_of_several_threads_are_all_different() -> None:
    """One instance serves all threads of a process."""
    random = SystemRandom()
    made: list[str] = []

    def make() -> None:
        ids = [random.new_id() for _ in range(500)]
        assert ids == sorted(ids)
        made.extend(ids)

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 4000
