"""What is counted over the whole site: sprays and floods of passwords, and the breaker of codes.

A limit per person cannot stop somebody who has the passwords of many. The breaker bounds the
whole campaign: past it, unknown browsers everywhere are asked for two consecutive codes.
"""

from dataclasses import replace

from twofold.core.people import HOUR, MINUTE, Instant
from twofold.core.throttle import Numbers, State, is_on, marked


def mark_spray(state: State, who: str, now: Instant, numbers: Numbers) -> tuple[State, bool]:
    """Note whom a source failed; whether this one makes them so many that it is an alarm."""
    window = 10 * MINUTE
    before = sum(at > now - window for _, at in state.marks)
    state = marked(state, who, now, keep=numbers.spray + 1, window=window)
    return state, before <= numbers.spray < len(state.marks)


def count_site_passwords(state: State, now: Instant, numbers: Numbers) -> tuple[State, bool]:
    """One wrong password anywhere, counted by the minute; whether it is the one that alarms."""
    minute = now // MINUTE
    counts = {int(m): n for m, n in state.marks if int(m) > minute - 5}
    before = sum(counts.values())
    counts[minute] = counts.get(minute, 0) + 1
    state = replace(state, marks=tuple((str(m), n) for m, n in sorted(counts.items())))
    return state, before == numbers.site_passwords


def charge_site(state: State, now: Instant, numbers: Numbers) -> State:
    """One wrong code of an unknown browser anywhere, counted by the hour.

    The marks hold `(hour, count)`; past the limits of an hour, a day or 30 days, or three times
    the median day, the breaker is on for a day.
    """
    hour = now // HOUR
    # One hour more than 30 days: the oldest one has partly left, and must not give room early.
    counts = {int(h): n for h, n in state.marks if int(h) >= hour - 30 * 24}
    counts[hour] = counts.get(hour, 0) + 1
    state = replace(state, marks=tuple((str(h), n) for h, n in sorted(counts.items())))
    if is_on(state, now, numbers.breaker) or not _too_many(counts, hour, numbers):
        return state
    return replace(state, until=now + numbers.breaker)


def _too_many(counts: dict[int, int], hour: int, numbers: Numbers) -> bool:
    days = [0] * 31
    for counted, n in counts.items():
        days[max(0, hour - counted) // 24] += n
    day, month, before = days[0], sum(days), sorted(days[1:29])
    usual = (before[13] + before[14]) / 2
    return (
        counts[hour] > numbers.site_hour
        or day > numbers.site_day
        or month > numbers.site_month
        or day > max(numbers.site_factor * usual, numbers.site_floor)
    )
