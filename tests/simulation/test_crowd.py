"""Vandals and honest people: nobody is kept out, and mistyping costs little."""

import pytest

from tests.simulation import crowd
from tests.simulation.scene import scene

SEED = 1


@pytest.mark.parametrize("addresses", [1, 500])
def test_a_flood_without_a_password_stops_no_known_browser(addresses: int) -> None:
    """100 wrong passwords a second: every sign-in from a known browser succeeds at once, and new
    browsers get in with a mailed link.
    """
    with scene(SEED) as stage:
        seen = crowd.flood(stage, people=40, seconds=60, per_second=100, addresses=addresses)
    assert seen.sent == 6000
    assert seen.known_at_once == seen.known_tries >= 40
    assert seen.by_link == seen.link_tries == 5
    assert seen.compared <= 40 * 15, "the rest was refused unread"


def test_a_vandal_with_a_password_does_not_keep_its_owner_out() -> None:
    """At once in a known browser; in a new one with two codes, and later with a link as well."""
    with scene(SEED) as stage:
        found = crowd.siege(stage)
    assert found.known_at_once
    assert found.pair_in_new
    assert found.needs_link
    assert found.link_in_new


def test_mistyping_twice_a_week_costs_no_wait_on_a_known_browser() -> None:
    """Never more than a minute, never two codes, never a link."""
    with scene(SEED) as stage:
        life = crowd.mistypes_twice_a_week(stage, 70)
    assert (life.sign_ins, life.mistyped) == (70, 20)
    assert life.longest_wait <= 60
    assert (life.pairs, life.links) == (0, 0)


def test_one_in_twenty_mistyped_in_new_browsers_costs_a_minute_or_two_codes() -> None:
    """Where no browser is ever known: waits stay below a minute, a link is not asked for."""
    with scene(SEED) as stage:
        life = crowd.mistypes_at_random(stage, 60, share=0.05)
    assert life.sign_ins > 110
    assert life.mistyped > 0
    assert life.longest_wait <= 60
    assert life.links == 0
