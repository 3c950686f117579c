"""Random sequences of everything that three people and an attacker can send, beside a model.

The rules are in `walk.py` and `walk_back.py`. `./dev fuzz --sequences 500` is the long form.
"""

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.attacks.machine import SESSION, reached
from tests.attacks.walk_back import ALONE, ANSWERS, CLOCKS, HOWS, KEYS, SHEET, WayBack

WORTH_REACHING = {
    "sign-in by password", "sign-in by code", "sign-in by pair", "guessing", "profile opened",
    "passkey added", "sign-in by passkey as second step", "replaced", "wait waiting",
}  # fmt: skip
TOUR = WORTH_REACHING - {"guessing"} | {
    "proved again", "proved again by passkey", "proved again by recovery code", "one more",
    "set up", "set up by link", "app removed", "passkey removed", "passkey set up by link",
    "renamed", "new recovery codes", "sign-in by two codes of a wrong clock", "signed out",
    "sign-in by passkey alone", "sign-in by recovery code", "trusted sign-in", "switched on",
    "switched off", "unlock", "end-sessions", "set-up-again", "set-up link opened",
    "new password by profile", "new password by password", "wait open", "wait used",
    "wait expired", "wait stopped: mail", "wait stopped: mail to an admin", "wait stopped: staff",
    "wait stopped: sign-in", "gave up the last factor",
}  # fmt: skip
RARE = TOUR | {"password stolen", "new password by new-password"}
"""What takes longer sequences than the short form has time for: see `./dev fuzz`."""


def run(examples: int, steps: int, number: int) -> None:
    """So many sequences of so many steps, drawn from the seed `number`."""
    reached.clear()
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        seed(number)(WayBack),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate, Phase.shrink),
        ),
    )


def test_no_sequence_of_requests_leads_past_the_code() -> None:
    """Promises P1 to P4: what opens is what was earned; and what is common did happen."""
    run(examples=30, steps=60, number=1)
    assert set(reached) >= WORTH_REACHING, WORTH_REACHING - set(reached)


class Guide:
    """Leads along a road: after every step each browser opens what it may."""

    def __init__(self) -> None:
        """A walk of its own."""
        self.walk = WayBack()

    def __getattr__(self, name: str) -> Callable[..., None]:
        """A step of the walk."""
        step = getattr(self.walk, name)

        def taken(*args: Any, **kwargs: Any) -> None:
            step(*args, **kwargs)
            self.walk.every_browser_opens_what_it_may()

        return taken


def test_product_and_model_agree_on_every_way_in() -> None:
    """Each as its owner goes it, and each wrong turn once: no rule of the walk stands beside the
    road, and none of them looks away.
    """
    reached.clear()
    go = Guide()
    try:
        phones_and_passkeys(go)
        recovery_codes(go)
        what_is_removed(go)
        switch_and_help(go)
        waits(go)
    finally:
        go.walk.teardown()
    assert set(reached) >= TOUR, TOUR - set(reached)


def phones_and_passkeys(go: Guide) -> None:
    """Mia in browsers 1, 2 and 4."""
    go.comes_in(1, "Mia", trust=True)
    go.signs_out(1)
    go.comes_in(1, "Mia", trust=False)
    go.proves_again(1, "right", 30)
    go.changes_password(1, current=True)
    go.comes_in_and_sets_up(2, "Mia", 0, "right", "another")
    go.comes_in_and_sets_up(2, "Mia", 0, "right", "oldest")
    go.adds_passkey(2, 301, "Mia", "right")
    for kind in sorted(set(KEYS) - {"right"}):
        go.adds_passkey(2, 0, "Mia", kind)
    go.adds_passkey(2, 0, "Mia", "right")
    go.renames(2, "app", "Mia")
    go.comes_half_way_with_a_passkey(4, "not signed", trust=False, name="Mia")
    go.adds_passkey(3, 0, "Olga", "right")
    for kind in sorted(ANSWERS):
        go.comes_half_way_with_a_passkey(1, kind, trust=False, name="Mia")
        go.proves_again_by_passkey(2, kind)
    for kind in sorted(ALONE):
        go.passkey_alone(4, kind, "Mia")
    go.cookies_change_hands(1, 4, SESSION, swap=False)
    go.passkey_alone(4, "right", "Mia")


def recovery_codes(go: Guide) -> None:
    """Mia again, and her phone whose clock is off."""
    go.makes_codes(2, 301, "Mia")
    go.makes_codes(2, 0, "Mia")
    for kind in ("right", *sorted(set(SHEET))):
        go.recovery_code(1, kind, "Mia")
        go.one_code(4, "right", trust=False)
        go.proves_again_by_recovery_code(1, kind)
        go.the_owner_comes_and_acts(0, "unlock", "Mia", 0)
    for kind in ("too far", *sorted(set(CLOCKS) - {"off"}), "off"):
        go.time_passes(901)
        go.codes_are_refused(4, kind, 18, "Mia")
    go.time_passes(901)


def what_is_removed(go: Guide) -> None:
    """One's own, too late, and somebody else's; the last one of a member and of the owner."""
    for later, whose in ((301, None), (0, "Olga"), (0, None)):
        for what in ("app", "passkey"):
            go.removes(2, later, "Mia", what, whose)
    go.passkey_alone(1, "removed", "Mia")
    go.comes_half_way_with_a_passkey(1, "removed", trust=False, name="Mia")
    for what in ("passkey", "app"):
        go.removes(0, 0, "Olga", what, None)


def switch_and_help(go: Guide) -> None:
    """Olga, and Ben, who has nothing yet."""
    go.the_owner_comes_and_acts(0, "on", "Ben", 0)
    go.sets_up_by_link(3, "Ben", "right", again=True)
    go.comes_in(3, "Ben", trust=False)
    go.removes(3, 0, "Ben", "app", None)
    go.the_owner_comes_and_acts(0, "off", "Ben", 0)
    for act in ("disable", "enable", "end-sessions", "set-up-again"):
        go.the_owner_comes_and_acts(0, act, "Mia", 0)
        go.passkey_alone(1, "right", "Mia")
    go.sets_up_anew(1, "Mia", by_passkey=True, right=True)
    go.sets_up_anew(1, "Mia", by_passkey=True, right=True)


def waits(go: Guide) -> None:
    """Ben: too short, stopped by each who may, at the end too, too late, used; never the owner,
    and not with a password that came by mail.
    """
    go.waits_it_out(0, "Olga", 6, None, by_passkey=False, trust=True)
    for halves in (5, 3, 6):
        for how in HOWS:
            go.waits_it_out(3, "Ben", halves, how, by_passkey=False, trust=True)
            go.waits_it_out(3, "Ben", halves % 5, None, by_passkey=False, trust=False)
    go.waits_it_out(3, "Ben", 9, None, by_passkey=False, trust=True)
    go.resets_password(3, "Ben", new=True)
    go.waits_it_out(3, "Ben", 6, None, by_passkey=False, trust=False)
    go.waits_it_out(3, "Ben", 6, None, by_passkey=False, trust=True)
    go.removes(3, 0, "Ben", "app", None)
    go.comes_in_and_sets_up(3, "Ben", 0, "right", "")
