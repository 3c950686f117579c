"""The long form: `./dev simulate --days 365 --seed 1` prints the tables of docs/threat-model.md."""

import argparse
from collections.abc import Iterator

from tests.simulation import crowd, odds
from tests.simulation.scene import scene
from tests.simulation.thieves import STRATEGIES, Result, every, live
from twofold.core import guessing
from twofold.core.people import HOUR, Profile

STRICT_TOO = ("as soon as allowed", "many sign-ins at once", "pairs only")


def main() -> None:
    """Read the arguments, run everything, print Markdown tables."""
    parser = argparse.ArgumentParser(prog="./dev simulate", description=__doc__)
    parser.add_argument("--days", type=int, default=365, help="simulated days of each thief")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--people", type=int, default=1000, help="people of the flood")
    parser.add_argument("--seconds", type=int, default=900, help="simulated seconds of the flood")
    parser.add_argument("--windows", type=int, default=1_000_000, help="windows of 30 days played")
    chosen = parser.parse_args()
    thieves(chosen.days, chosen.seed)
    measured(chosen.windows, chosen.seed)
    vandals(chosen.people, chosen.seconds, chosen.seed)
    honest(chosen.days, chosen.seed)


def runs(days: int, seed: int) -> Iterator[tuple[Profile, Result]]:
    """Every thief, the strict profile for some, and the one with a copied cookie."""
    for profile in Profile:
        for name in STRATEGIES if profile is Profile.STANDARD else STRICT_TOO:
            with scene(seed) as stage:
                yield profile, live(stage, name, days, profile=profile)
    with scene(seed) as stage:
        name, often = "with a copied cookie", every(6 * HOUR)
        yield Profile.STANDARD, live(stage, name, days, strategy=often, cookie=True)


def thieves(days: int, seed: int) -> None:
    """What each was able to have compared."""
    head("Thief, profile", "tries", "single codes", "pairs", "most in 30 days", "ladder",
         "chance of these", "bound", "owner refused")  # fmt: skip
    for profile, result in runs(days, seed):
        ladder = result.allowed
        row(
            f"{result.name}, {profile.value}",
            result.tries,
            result.compared.singles,
            result.compared.pairs,
            f"{result.most_singles} single, {result.most} in all",
            f"{ladder.singles} single, {ladder.singles + ladder.pairs} in all"
            + ("" if result.keeps else " BROKEN"),
            guessing.in_digits(result.compared.chance),
            guessing.in_digits(result.allowed_in_all.chance),
            result.owner_refused,
        )


def measured(windows: int, seed: int) -> None:
    """The chance of a window, counted."""
    head("Single codes in a window", "windows played", "hit", "measured", "99.9 % interval",
         "computed")  # fmt: skip
    for singles in (5, 35):
        found = odds.play(singles, windows * 5 // singles, seed)
        low, high = found.interval
        row(singles, found.windows, found.hits, guessing.in_digits(found.rate),
            f"{guessing.in_digits(low)} to {guessing.in_digits(high)}",
            guessing.in_digits(found.computed) + ("" if found.fits else " OUTSIDE"))  # fmt: skip


def vandals(people: int, seconds: int, seed: int) -> None:
    """Floods from one address and from many, and the siege of one person."""
    head("Flood of 100 a second", "sent", "compared", "known browsers in at once",
         "new browsers looked at", "new browsers in by link")  # fmt: skip
    for addresses in (1, 1000):
        with scene(seed) as stage:
            seen = crowd.flood(
                stage, people=people, seconds=seconds, per_second=100, addresses=addresses
            )
        row(
            f"{people} people, {seconds} s, from {addresses} addresses",
            seen.sent,
            seen.compared,
            f"{seen.known_at_once} of {seen.known_tries}",
            f"{seen.new_at_all} of {seen.new_tries}",
            f"{seen.by_link} of {seen.link_tries}",
        )
    with scene(seed) as stage:
        found = crowd.siege(stage)
    head("Owner while a vandal has the password", "gets in")
    row("known browser, at any level", yes(found.known_at_once))
    row("new browser, two codes (second level)", yes(found.pair_in_new))
    row("new browser, mailed link and two codes (third level)", yes(found.link_in_new))
    row("the same while the vandal asks for the mails too", yes(found.link_while_flooded))


def honest(days: int, seed: int) -> None:
    """People who mistype."""
    head("Honest person", "sign-ins", "mistyped", "longest wait", "asked for two codes",
         "asked for a link")  # fmt: skip
    with scene(seed) as stage:
        life = crowd.mistypes_twice_a_week(stage, days)
    row("twice a week, known browser", *told(life))
    for share in (0.02, 0.05, 0.10):
        with scene(seed) as stage:
            life = crowd.mistypes_at_random(stage, days, share=share)
        row(f"{share:.0%} of codes, a new browser each time, 62 a month", *told(life))


def told(life: crowd.Honest) -> tuple[object, ...]:
    """The cells of one life."""
    share = life.pairs / max(1, life.sign_ins)
    return (life.sign_ins, life.mistyped, f"{life.longest_wait} s", f"{life.pairs} ({share:.0%})",
            life.links)  # fmt: skip


def yes(is_so: bool) -> str:
    """For a table."""
    return "yes" if is_so else "no"


def head(*names: str) -> None:
    """The head of a table, after a blank line."""
    print()
    row(*names)
    row(*("---" for _ in names))


def row(*cells: object) -> None:
    """One line of a table, shown at once."""
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)


if __name__ == "__main__":
    main()
