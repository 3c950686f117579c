"""What somebody is told after signing in, until it is done: one thing at a time."""

from collections.abc import Sequence
from enum import StrEnum

from twofold.core.authenticators import Totp
from twofold.core.people import DAY, Instant
from twofold.core.recovery import RecoveryStanding

CHECK_UP_FROM = 7 * DAY
"""Seconds after a set-up from which its owner is asked whether the app still works, if no code
has been needed since: well within the 28 days in which a phone is easily put right."""


class Note(StrEnum):
    """What there is to say; the words are the page's."""

    STORE_CODES = "store-codes"
    """Recovery codes were made and the person has not said that they are stored."""
    FEW_CODES = "few-codes"
    CHECK_UP = "check-up"
    """An authenticator was set up a while ago and no code of it was needed since."""


def note_of(
    standing: RecoveryStanding | None, authenticators: Sequence[Totp], now: Instant
) -> Note | None:
    """The most pressing note, or None.

    Args:
        standing: The recovery codes in store, or None without a set.
        authenticators: The active ones.
        now: UTC seconds.
    """
    if standing is not None and standing.is_few:
        return Note.FEW_CODES
    if standing is not None and standing.stored_at is None:
        return Note.STORE_CODES
    return Note.CHECK_UP if check_up_due(authenticators, now) else None


def check_up_due(authenticators: Sequence[Totp], now: Instant) -> bool:
    """Whether to ask, once, if the app still works: found out inside a session, a lost entry costs
    a minute; found out at the door, a day.
    """
    return any(
        one.disabled_at is None
        and one.asked_at is None
        and one.confirmed_at is not None
        and one.confirmed_at + CHECK_UP_FROM <= now
        and not one.was_used
        for one in authenticators
    )
