"""From a number of people and a seed to an organisation that has lived for months."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from twofold.core.passkeys import RelyingParty
from twofold.core.people import Instant
from twofold.demo import history
from twofold.demo.cast import Member, Part, cast, of_part
from twofold.demo.dates import dates
from twofold.demo.phones import Phones
from twofold.demo.player import Player
from twofold.ports import Clock, Store


@dataclass(frozen=True, slots=True)
class Built:
    """The organisation, and what its people hold in their hands."""

    account_id: str
    opened: Instant
    """Up to when the history goes."""
    due: Instant
    """The deadline of most people."""
    members: list[Member]
    phones: Phones


def build(
    store: Store,
    clock: Clock,
    party: RelyingParty,
    hashed: Callable[[str], str],
    *,
    people: int,
    seed: int,
) -> Built:
    """Play the history of so many people on an empty store, up to now. `hashed` makes the Argon2
    string of a password. Raises `DoesNotPlay` where a flow answers otherwise than the plan says.
    """
    # Nobody is kept out by this chance: secrets, tokens and passwords come from the system.
    chance, phones = Random(seed), Phones()  # noqa: S311
    members = cast(chance, phones, people)
    for member in members:
        member.encoded = hashed(member.holder.password)
    when = dates(clock.now())
    player = Player(store, chance, party)
    chief = next(of_part(members, Part.OWNER))
    player.account_id = store.call(history.found, when.began, owner=chief)
    history.plan(player, members, when)
    player.play()
    return Built(player.account_id, when.opens, when.due, members, phones)
