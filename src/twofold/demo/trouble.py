"""Single people's troubles, and what the help desk and the admins do about them."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from twofold.core.desk import Act, Grounds, Wanted
from twofold.core.mail import MailKind
from twofold.core.people import DAY, HOUR, MINUTE, Instant, Person, email_key
from twofold.core.rollout import Exemption
from twofold.core.sessions import HalfCaller
from twofold.core.waits import Wait
from twofold.demo import keyrings, stage
from twofold.demo.cast import Member, Part, of_part
from twofold.demo.dates import Dates
from twofold.demo.player import Deed, Player
from twofold.demo.stage import STRANGER, Scene, expect, half_signed_in
from twofold.flows import deadlines, desk, people, second_step, waits
from twofold.flows.desk_acts import Done
from twofold.flows.sign_in import SignedIn
from twofold.flows.waits import Asked

GUESSES = 12
"""Guesses at somebody's codes: after ten a new browser needs a mailed link."""
WRONG_PASSWORDS, FREE = 16, 5
"""Wrong passwords, and how many of them without a wait: after these a new browser waits a quarter
of an hour."""
MINUTES_BEHIND = -6 * MINUTE
_STOLEN = Grounds("Called back on a known number", "HD-4711", "The phone was stolen on the train")
_AT_HOME = Grounds("Manager confirmed", "HD-4718", "The phone is at home today")


def set_up_of(member: Member) -> Callable[..., object]:
    """How somebody of this part sets up."""
    if member.part is Part.ONLY_PASSKEY:
        return keyrings.adds_passkey
    if member.part is Part.DRIFTING:
        return partial(stage.sets_up, gains=0.3)
    return stage.sets_up


def plan(player: Player, members: Sequence[Member], when: Dates) -> None:
    """Everything that is about one person."""
    admins = list(of_part(list(members), Part.ADMIN))
    helpers = list(of_part(list(members), Part.HELPDESK))
    for member in members:
        for moment, deed in _deeds(player, member, admins[0], helpers[0], when):
            player.at(moment, deed)


Steps = Iterator[tuple[Instant, Deed]]


def _deeds(player: Player, member: Member, admin: Member, helper: Member, when: Dates) -> Steps:
    """What happens to this one beside what happens to all, with its moments."""
    opens, key = when.opens, email_key(member.email)
    match member.part:
        case Part.BOUNCED:
            player.gone[key] = when.switched - 5 * DAY
        case Part.REFUSED:
            player.mailboxes.full.add(key)
        case Part.SUSPENDED:
            yield when.mornings(12), partial(_suspend, admin=admin, member=member)
        case Part.EXTENDED:
            until = when.due + 7 * DAY
            yield when.mornings(1), partial(_extend, admin=admin, member=member, until=until)
        case Part.EXEMPT | Part.EXEMPT_SOON:
            until = opens + (30 if member.part is Part.EXEMPT else 5) * DAY
            yield when.switched + 2 * DAY, partial(_exempt, admin=admin, member=member, until=until)
        case Part.AWAY:
            until = opens + 18 * DAY
            yield when.switched + DAY, partial(_send_away, admin=admin, member=member, until=until)
        case Part.STOLEN:
            yield opens - 3 * HOUR, partial(_stop, helper=helper, member=member)
        case Part.PASS:
            yield opens - 80 * MINUTE, partial(_give_pass, helper=helper, member=member)
            yield opens - 75 * MINUTE, partial(_use_pass, member=member)
        case _:
            yield from _own_deeds(member, when)


def _own_deeds(member: Member, when: Dates) -> Steps:
    """What people bring about themselves, or strangers do to them."""
    opens = when.opens
    match member.part:
        case Part.TWO_APPS:
            yield when.mornings(9), partial(_adds_app, member=member)
        case Part.PASSKEY:
            yield when.mornings(8), partial(_adds_key, member=member)
        case Part.ONLY_PASSKEY:
            for days in (20, 9, 2):
                yield when.mornings(days), partial(_uses_key, member=member)
        case Part.RECOVERED:
            yield when.mornings(5), partial(_recovers, member=member)
        case Part.WAITING:
            yield opens - 20 * HOUR, partial(_asks_to_wait, member=member)
            yield opens - 20 * HOUR + 5 * MINUTE, partial(_begins_to_wait, member=member)
        case Part.BEHIND:
            yield opens - 50 * HOUR, partial(_falls_behind, member=member)
            for minutes in (49 * 60, 31, 29):
                yield opens - minutes * MINUTE, partial(_is_behind, member=member)
        case Part.OLD_ENTRY:
            yield when.mornings(6), partial(_replaces, member=member)
            yield opens - 5 * HOUR, partial(_types_old, member=member)
        case Part.TWICE:
            yield opens - 4 * HOUR, partial(_types_twice, member=member)
        case Part.MISTYPES:
            yield opens - 2 * HOUR, partial(_mistypes, member=member)
        case Part.LOCKED:
            for number in range(GUESSES):
                moment = opens - 28 * MINUTE + number * 100
                yield moment, partial(_is_guessed, member=member)
        case Part.SHUT_OUT:
            for moment in _as_fast_as_waits_let(opens):
                yield moment, partial(_password_is_guessed, member=member)


# ---- by admins and the help desk -----------------------------------------------------------


def _by(scene: Scene, helper: Member) -> Person:
    """The helper, signed in."""
    return stage.is_in(scene, helper).person


def _suspend(scene: Scene, *, admin: Member, member: Member) -> None:
    actor, person = _by(scene, admin), scene.person(member)
    done = people.set_disabled(scene.tx, scene.now, actor=actor, person_id=person.id, disabled=True)
    expect(Person, done)


def _extend(scene: Scene, *, admin: Member, member: Member, until: Instant) -> None:
    ids = [scene.person(member).id]
    done = deadlines.extend(
        scene.tx, scene.now, actor=_by(scene, admin), people=ids, until=until,
        reason="At sea without a phone until next week",
    )  # fmt: skip
    if [one.outcome for one in expect(list, done)] != [deadlines.Outcome.DONE]:
        raise stage.DoesNotPlay(f"nobody was given more time: {done!r}")


def _exempt(scene: Scene, *, admin: Member, member: Member, until: Instant) -> None:
    done = deadlines.exempt(
        scene.tx, scene.now, actor=_by(scene, admin), person_id=scene.person(member).id,
        until=until, reason="Works on a shared terminal that has no phones",
    )  # fmt: skip
    expect(Exemption, done)


def _send_away(scene: Scene, *, admin: Member, member: Member, until: Instant) -> None:
    person = scene.person(member)
    done = deadlines.set_leave(
        scene.tx, scene.now, actor=_by(scene, admin), person_id=person.id, until=until
    )
    expect(Person, done)


def _stop(scene: Scene, *, helper: Member, member: Member) -> None:
    done = desk.help_somebody(
        scene.tx, scene.now, actor=_by(scene, helper), person_id=scene.person(member).id,
        wanted=Wanted(Act.INVITE, stolen=True), grounds=_STOLEN,
    )  # fmt: skip
    expect(Done, done)
    member.holder.entries = []


def _give_pass(scene: Scene, *, helper: Member, member: Member) -> None:
    done = desk.help_somebody(
        scene.tx, scene.now, actor=_by(scene, helper), person_id=scene.person(member).id,
        wanted=Wanted(Act.PASS, once=False, hours=24), grounds=_AT_HOME,
    )  # fmt: skip
    made = expect(Done, done).new_pass
    member.holder.told = made.code if made is not None else ""


# ---- by themselves -------------------------------------------------------------------------


def _use_pass(scene: Scene, *, member: Member) -> None:
    _recover(scene, member, member.holder.told)


def _recovers(scene: Scene, *, member: Member) -> None:
    _recover(scene, member, member.holder.codes.pop(0))


def _recover(scene: Scene, member: Member, code: str) -> None:
    half = _halfway(scene, member)
    done = second_step.recover(scene.tx, scene.now, half=half, typed=code, place=member.place)
    member.cookie = expect(SignedIn, done).browser_token


def _halfway(scene: Scene, member: Member) -> HalfCaller:
    return expect(HalfCaller, half_signed_in(scene, member, member.place))


def _adds_app(scene: Scene, *, member: Member) -> None:
    stage.sets_up(scene, member, beside=True)


def _adds_key(scene: Scene, *, member: Member) -> None:
    keyrings.adds_passkey(scene, member)


def _uses_key(scene: Scene, *, member: Member) -> None:
    keyrings.signs_in(scene, member)


def _asks_to_wait(scene: Scene, *, member: Member) -> None:
    half = _halfway(scene, member)
    expect(Asked, waits.ask(scene.tx, scene.now, half=half, source=member.place.source))


def _begins_to_wait(scene: Scene, *, member: Member) -> None:
    token = scene.mailboxes.link(scene.person(member).id, (MailKind.WAIT_LINK,))
    expect(Wait, waits.start(scene.tx, scene.now, token=expect(str, token)))


def _falls_behind(_scene: Scene, *, member: Member) -> None:
    """The phone was without power, and its clock is set by hand."""
    member.holder.entries[-1].ahead = MINUTES_BEHIND


def _is_behind(scene: Scene, *, member: Member) -> None:
    stage.is_refused(scene, member, *member.holder.entries[-1].pair(scene.now))


def _replaces(scene: Scene, *, member: Member) -> None:
    old = member.holder.entries[-1]
    stage.sets_up(scene, member)
    member.holder.entries.insert(0, old)


def _types_old(scene: Scene, *, member: Member) -> None:
    stage.is_refused(scene, member, *member.holder.entries[0].pair(scene.now))
    member.holder.entries.pop(0)


def _types_twice(scene: Scene, *, member: Member) -> None:
    codes = member.holder.entries[-1].pair(scene.now)
    half = _halfway(scene, member)
    done = stage.types(scene, half, member.place, codes)
    member.cookie = expect(SignedIn, done).browser_token
    stage.is_refused(scene, member, *codes)


def _mistypes(scene: Scene, *, member: Member) -> None:
    _before, right = member.holder.entries[-1].pair(scene.now)
    for typed in (right[:5], right[1] + right[0] + right[2:], right[:5]):
        half = _halfway(scene, member)
        stage.types(scene, half, member.place, (typed,))
    stage.signs_in(scene, member)


def _is_guessed(scene: Scene, *, member: Member) -> None:
    """Somebody who has the password tries codes."""
    came = half_signed_in(scene, member, STRANGER)
    if isinstance(came, HalfCaller):
        stage.types(scene, came, STRANGER, stage.wrong_codes(scene, member))


def _as_fast_as_waits_let(last: Instant) -> Iterator[Instant]:
    """When somebody tries passwords, up to `last`: some without a wait, then each after one twice
    as long. From `last` on every new browser waits a quarter of an hour.
    """
    waits = [1 << number for number in range(WRONG_PASSWORDS - FREE)]
    moment = last - sum(waits)
    yield from [moment] * FREE
    for seconds in waits:
        moment += seconds
        yield moment


def _password_is_guessed(scene: Scene, *, member: Member) -> None:
    half_signed_in(scene, member, STRANGER, right=False)
