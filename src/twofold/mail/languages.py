"""What the frame of a mail says in each language; the mails' own words are in the templates.

A third language is one more `Words` here, a folder of its code in `templates/`, and a line in
`core/languages.py`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from twofold.core.digests import NOT_FIXED
from twofold.core.people import Instant
from twofold.mail.words import DAYS, MONTHS

_MOMENT = re.compile(rf"({'|'.join(DAYS)}) (\d+) ({'|'.join(MONTHS)}) (\d{{4}}), (\d\d:\d\d) (\S+)")
"""A moment as `core.moments.when_in` writes it."""


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language."""

    code: str
    """As in the `lang` of HTML."""
    hello: str
    button: str
    works_until: str
    """Before the moment at which a link ends."""
    copy_link: str
    hidden_link: str
    """In place of a one-time link, for everybody but its receiver."""
    questions: str
    """Before the name of an admin."""
    at: str
    """Between that and the organisation."""
    questions_at: str
    """Before the organisation alone."""
    signs_in: str
    """Between the organisation and the address."""
    never: str
    """That we never ask for a code."""
    at_once: str
    """A deadline where there is none."""
    not_fixed: str
    """A deadline of which nobody knows the day yet."""
    last_day: str
    one_day: str
    days: str
    """With `{}` for the number, from 2 on."""
    day_names: tuple[str, ...]
    month_names: tuple[str, ...]
    moment: str
    """With `day`, `number`, `month`, `year`, `time` and `zone`."""
    zones: Mapping[str, str]
    """Zones that have a name of their own."""

    def clock_time(self, at: Instant) -> str:
        """`at` (seconds since the epoch) in UTC."""
        when = datetime.fromtimestamp(at, UTC)
        return self._moment(when.weekday(), str(when.day), when.month - 1, str(when.year),
                            f"{when:%H:%M}", "UTC")  # fmt: skip

    def deadline(self, said: str) -> str:
        """A moment that was written in English; whatever else stands there as it is."""
        found = _MOMENT.fullmatch(said)
        if found is None:
            return said
        day, number, month, year, time, zone = found.groups()
        return self._moment(DAYS.index(day), number, MONTHS.index(month), year, time, zone)

    def until(self, said: str) -> str:
        """The same beside a name, where there may be none."""
        if said == NOT_FIXED:
            return self.not_fixed
        return self.deadline(said) or self.at_once

    def days_left(self, days: int) -> str:
        """A number with its noun."""
        if days < 2:
            return self.one_day if days == 1 else self.last_day
        return self.days.format(days)

    def _moment(self, day: int, number: str, month: int, year: str, time: str, zone: str) -> str:
        return self.moment.format(
            day=self.day_names[day], number=number, month=self.month_names[month], year=year,
            time=time, zone=self.zones.get(zone, zone),
        )  # fmt: skip


HIDDEN_LINK = "the one-time link is shown only to its receiver"
ENGLISH = Words(
    code="en",
    hello="Hello",
    button="Set it up",
    works_until="The link works once, until",
    copy_link="Or copy this link:",
    hidden_link=HIDDEN_LINK,
    questions="Questions? Ask",
    at="at",
    questions_at="Questions? Ask at",
    signs_in="signs in with Twofold at",
    never="We never ask for your password or your code by mail or telephone.",
    at_once="at once",
    not_fixed="not fixed yet",
    last_day="less than a day",
    one_day="1 day",
    days="{} days",
    day_names=DAYS,
    month_names=MONTHS,
    moment="{day} {number} {month} {year}, {time} {zone}",
    zones={},
)
GERMAN = Words(
    code="de",
    hello="Guten Tag",
    button="Jetzt einrichten",
    works_until="Der Link gilt einmal, bis",
    copy_link="Oder kopieren Sie diesen Link:",
    hidden_link="den Einmal-Link sieht nur, wer diese Mail bekommt",
    questions="Fragen? Wenden Sie sich an",
    at="bei",
    questions_at="Fragen? Wenden Sie sich an",
    signs_in="nutzt für die Anmeldung Twofold unter",
    never="Wir fragen Sie nie per E-Mail oder Telefon nach Ihrem Passwort oder Ihrem Code.",
    at_once="sofort",
    not_fixed="noch nicht festgelegt",
    last_day="weniger als ein Tag",
    one_day="1 Tag",
    days="{} Tage",
    day_names=("Mo.", "Di.", "Mi.", "Do.", "Fr.", "Sa.", "So."),
    month_names=(
        "Jan.",
        "Feb.",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "Aug.",
        "Sept.",
        "Okt.",
        "Nov.",
        "Dez.",
    ),  # fmt: skip
    moment="{day}, {number}. {month} {year}, {time} Uhr ({zone})",
    zones={"CET": "MEZ", "CEST": "MESZ"},
)
WORDS: Mapping[str, Words] = {one.code: one for one in (ENGLISH, GERMAN)}
