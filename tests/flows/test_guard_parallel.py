"""Bursts: what is compared is counted inside, and never passes the budget."""

from tests.simulation.scene import watched
from tests.storage.races import race
from tests.world import HERE, Organisation
from twofold.core.attempts import Source
from twofold.flows import guard, sign_in
from twofold.flows.sign_in import From
from twofold.flows.verify import NeedsPair

RUNNERS, EACH = 25, 20
"""500 tries."""


def test_500_parallel_wrong_codes_are_compared_as_often_as_the_ladder_allows(
    acme: Organisation,
) -> None:
    """Two are free, the third begins a wait: in one moment three are compared, whatever the burst;
    later two more, and then no single code at all (mechanism 32).
    """
    mia = acme.add("Mia")
    acme.enrol(mia)
    acme.clock.advance(60)
    halves = [acme.half(mia) for _ in range(RUNNERS)]
    wrong = [acme.wrong(acme.active(mia), number) for number in range(RUNNERS * EACH)]

    def burst(runner: int) -> list[object]:
        own = wrong[runner * EACH : (runner + 1) * EACH]
        return [acme.submit_code(halves[runner], code) for code in own]

    with watched() as seen, seen.counted():
        race(RUNNERS, burst)
        assert len(seen.singles) == 3
        for total in (4, 5, 5):
            acme.clock.advance(120)
            halves = [acme.half(mia) for _ in range(RUNNERS)]
            answers = race(RUNNERS, burst)
            assert len(seen.singles) == total
        assert not seen.pairs
        assert all(isinstance(answer, NeedsPair) for row in answers for answer in row)


def test_500_parallel_passwords_are_hashed_as_often_as_is_free(acme: Organisation) -> None:
    """Five are charged before any is hashed; the others are refused unread and cost the same."""
    mia = acme.add("Mia")

    def burst(runner: int) -> int:
        place = From(Source(f"192.0.2.{runner}", "curl"))
        tried = [acme.look_up(mia.email, place=place) for _ in range(EACH)]
        return sum(one.charge is not None for one in tried)

    assert sum(race(RUNNERS, burst)) == 5


def test_parallel_right_passwords_leave_no_charge_behind(acme: Organisation) -> None:
    """Whoever is charged and right is taken back: the owner does not slow themselves down."""
    mia = acme.add("Mia")

    def sign_in_five_times(_: int) -> None:
        for _ in range(5):
            tried = acme.look_up(mia.email)
            acme.call(
                sign_in.settle_password,
                tried=tried,
                proved=tried.encoded is not None,
                rehashed=None,
                return_to="/",
                place=HERE,
            )

    race(4, sign_in_five_times)
    assert acme.look_up(mia.email).charge is not None
    key = f"pw:person:{mia.id}"
    left = acme.store.call(lambda tx: guard.peek(tx, [key])[key])
    assert left.failures == (acme.now,), "that of the last look alone"
