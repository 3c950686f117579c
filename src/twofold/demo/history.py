"""The plan of a history: what happens when, counted back from the moment at which it opens.

    day   0  an owner founds the organisation, imports everybody, sets up
          2  … invitations are followed, some set up before anybody asks
         56  the help desk has two weeks
         71  the finance group has three weeks
         90  the switch for everybody, with four weeks: the deadline is a few days ahead now
        118  it opens

What happens to single people is in `fates.py`.
"""

from collections.abc import Sequence
from functools import partial

from twofold.core.listing import Asked, Only
from twofold.core.people import HOUR, MINUTE, Instant, Role
from twofold.core.rollout import HOLD
from twofold.core.roster import Roster, parse
from twofold.core.roster_plan import Plan
from twofold.core.rules import EVERYBODY, Target, TargetKind
from twofold.demo import fates, stage
from twofold.demo.cast import FINANCE, Member, Part, of_part, roster
from twofold.demo.dates import CALENDAR, DAYS, Dates
from twofold.demo.player import Player
from twofold.demo.stage import Scene, expect
from twofold.flows import groups, listing, pauses, rollout, setup, waits
from twofold.flows import roster as rosters
from twofold.flows.rollout import Switched
from twofold.flows.sign_in import SignedIn
from twofold.ports import SavedFilter, Tx

ORGANISATION = "Harbour Works"
HELPDESK_DAYS, FINANCE_DAYS = 14, 21
WAIT_HOURS = 72


def found(tx: Tx, now: Instant, *, owner: Member) -> str:
    """The organisation, made by its owner from the printed link; its id."""
    link = setup.first_admin_link(tx, now)
    done = setup.found_by_link(
        tx,
        now,
        token=link.token,
        name=owner.holder.name,
        email=owner.email,
        organisation=ORGANISATION,
        encoded=owner.encoded,
        place=owner.place,
    )
    owner.cookie = expect(SignedIn, done).browser_token
    (account,) = tx.accounts.all()
    return account.id


def plan(player: Player, members: Sequence[Member], when: Dates) -> None:
    """Write down what happens to everybody."""
    chief = next(of_part(members, Part.OWNER))
    everybody = list(members)
    player.each_day(when.began, when.opens)
    at, did = player.at, partial
    at(when.began + 20 * MINUTE, did(_arrange, chief=chief))
    at(when.began + 30 * MINUTE, did(_import, chief=chief, members=everybody))
    at(when.began + 2 * HOUR, did(fates.quietly, deed=stage.sets_up, member=chief))
    at(when.mornings(80), did(_allow_waits, chief=chief))
    at(when.mornings(79), did(_name_leads, chief=chief, members=everybody))
    desk = Target(TargetKind.ROLE, Role.HELPDESK.value)
    at(when.helpdesk, did(_switch, chief=chief, target=desk, days=HELPDESK_DAYS))
    at(when.finance, did(_switch_group, chief=chief, name=FINANCE, days=FINANCE_DAYS))
    at(when.switched, did(_switch, chief=chief, target=EVERYBODY, days=DAYS))
    for moment in (when.helpdesk, when.finance, when.switched):
        player.deliver(moment + HOLD + MINUTE)
    at(when.switched + HOUR, did(_save_filters, chief=chief))
    fates.plan(player, everybody, when)


def _arrange(scene: Scene, *, chief: Member) -> None:
    caller = stage.is_in(scene, chief)
    refused = pauses.set_calendar(scene.tx, scene.now, caller=caller, calendar=CALENDAR)
    expect(type(None), refused)


def _import(scene: Scene, *, chief: Member, members: list[Member]) -> None:
    caller = stage.is_in(scene, chief)
    done = rosters.apply(
        scene.tx,
        scene.now,
        account=caller.account,
        actor=caller.person,
        roster=expect(Roster, parse(roster(members))),
    )
    if expect(Plan, done).problems:
        raise stage.DoesNotPlay("the list of people cannot be imported")


def _allow_waits(scene: Scene, *, chief: Member) -> None:
    expect(
        bool,
        waits.set_length(scene.tx, scene.now, caller=stage.is_in(scene, chief), hours=WAIT_HOURS),
    )


def _name_leads(scene: Scene, *, chief: Member, members: list[Member]) -> None:
    caller = stage.is_in(scene, chief)
    for group in groups.of_account(scene.tx, account_id=scene.account_id):
        lead = next(one for one in members if one.group == group.name)
        groups.set_lead(scene.tx, scene.now, caller=caller, group_id=group.id, email=lead.email)


def _switch(scene: Scene, *, chief: Member, target: Target, days: int) -> None:
    caller = stage.is_in(scene, chief)
    done = rollout.switch_on(scene.tx, scene.now, caller=caller, target=target, days=days)
    expect(Switched, done)


def _switch_group(scene: Scene, *, chief: Member, name: str, days: int) -> None:
    made = groups.of_account(scene.tx, account_id=scene.account_id)
    group = next(one for one in made if one.name == name)
    _switch(scene, chief=chief, target=Target(TargetKind.GROUP, group.id), days=days)


def _save_filters(scene: Scene, *, chief: Member) -> None:
    caller = stage.is_in(scene, chief)
    for name, only in (("To call before the deadline", Only.AHEAD), ("Half-way", Only.OPENED)):
        saved = listing.save_filter(
            scene.tx, scene.now, caller=caller, name=name, asked=Asked(only=only)
        )
        expect(SavedFilter, saved)
