"""What happens to single people, by their part."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from twofold.core.people import DAY, HOUR, MINUTE, Instant
from twofold.demo import stage, trouble
from twofold.demo.cast import ENROLLED, FINANCE, Member, Part
from twofold.demo.dates import Dates
from twofold.demo.player import Deed, Player
from twofold.demo.stage import Scene

OPEN_HOURS = (6, 16)
"""Hours (UTC) between which people work, Monday to Friday."""
STAFF = (Part.ADMIN, Part.HELPDESK)
UNTIL = 45 * MINUTE
"""Seconds before the opening at which the crowd has done everything."""


def quietly(scene: Scene, *, deed: Callable[..., object], member: Member, **more: Any) -> None:
    """A deed of one member, whatever comes of it."""
    deed(scene, member, **more)


def does(deed: Callable[..., object], member: Member, **more: Any) -> Deed:
    """The same, to be done later."""
    return partial(quietly, deed=deed, member=member, **more)


def plan(player: Player, members: Sequence[Member], when: Dates) -> None:
    """Everybody's."""
    for member in members:
        if member.part is not Part.OWNER:
            _come(player, member, when)
    trouble.plan(player, members, when)


def _come(player: Player, member: Member, when: Dates) -> None:
    """Somebody follows their invitation, and from then on signs in about once a week."""
    if member.part in (Part.NEVER, Part.BOUNCED) and player.chance.random() < 0.7:
        return
    if member.part is Part.REFUSED:
        return
    first = _at_work(player, when.began + 3 * HOUR, when.began + 11 * DAY)
    player.at(first, does(stage.chooses_password, member))
    if member.part is Part.NEVER:
        return
    last = when.opens - UNTIL
    if member.part is Part.DORMANT:
        last = when.began + 20 * DAY
    _sign_in_often(player, member, first + 5 * MINUTE, last)
    _set_up(player, member, first, when)


def _sign_in_often(player: Player, member: Member, first: Instant, last: Instant) -> None:
    chance, moment = player.chance, first
    while moment <= last:
        player.at(moment, does(stage.signs_in, member))
        moment = _at_work(player, moment + 3 * DAY, moment + 12 * DAY)
    if chance.random() < 0.5 and last - first > 30 * DAY:
        player.at(_at_work(player, last - DAY, last), does(stage.signs_in, member))


def _at_work(player: Player, first: Instant, last: Instant) -> Instant:
    """Some moment between these two at which people work; the last one, if there is none."""
    for _ in range(20):
        moment = player.chance.randrange(first, max(last, first + 1))
        weekday, hour = (moment // DAY + 3) % 7, moment % DAY // HOUR
        if weekday < 5 and OPEN_HOURS[0] <= hour < OPEN_HOURS[1]:
            return moment
    return last


def _set_up(player: Player, member: Member, first: Instant, when: Dates) -> None:
    """When somebody sets up, if they do; with what they set up."""
    if member.part not in ENROLLED:
        if member.part is Part.OPENED:
            moment = _at_work(player, when.switched + DAY, when.opens - HOUR)
            player.at(moment, does(stage.begins, member))
        return
    moment = _moment(player, member, first, when)
    player.at(moment, does(trouble.set_up_of(member), member))


def _moment(player: Player, member: Member, first: Instant, when: Dates) -> Instant:
    chance, early = player.chance, first + HOUR
    if member.part in STAFF:
        return _at_work(player, early, when.helpdesk - DAY)
    if member.group == FINANCE:
        return _at_work(player, when.finance + HOUR, when.finance + 19 * DAY)
    if member.part is Part.PIONEER:
        return _at_work(player, early, when.switched - DAY)
    if member.part is Part.AT_ONCE:
        soon = when.switched + HOUR + round(chance.expovariate(1 / (20 * HOUR)))
        return _at_work(player, soon, soon + 10 * HOUR)
    if member.part is Part.LATELY:
        return when.opens - round(chance.uniform(1 * HOUR, 30 * HOUR))
    if member.part is Part.STEADY:
        return _at_work(player, when.switched + 2 * DAY, when.opens - DAY)
    return _at_work(player, early + 20 * DAY, when.switched - 2 * DAY)
