"""The moments that a history hangs on, counted back from the one at which it opens."""

from dataclasses import dataclass

from twofold.core.deadlines import due_after
from twofold.core.people import DAY, HOUR, Instant
from twofold.core.rules import Calendar

CALENDAR = Calendar("Europe/Berlin")
DAYS = 28
"""Days that everybody has from the switch on."""
AHEAD = 2 * DAY
"""Seconds that the deadline lies ahead at least."""
BEGAN, HELPDESK, FINANCE = 118, 62, 47
"""Days before the opening on which it all began, and on which the first waves were switched on."""


@dataclass(frozen=True, slots=True)
class Dates:
    """For one demonstration."""

    opens: Instant
    switched: Instant
    due: Instant
    """The deadline of most people."""

    def mornings(self, ago: int) -> Instant:
        """Half past nine (UTC) so many days before it opens."""
        return self.opens - self.opens % DAY + 9 * HOUR + HOUR // 2 - ago * DAY

    @property
    def began(self) -> Instant:
        """The organisation was founded."""
        return self.mornings(BEGAN)

    @property
    def helpdesk(self) -> Instant:
        """The help desk was asked for a second step."""
        return self.mornings(HELPDESK)

    @property
    def finance(self) -> Instant:
        """The finance group was."""
        return self.mornings(FINANCE)


def dates(opens: Instant) -> Dates:
    """For a demonstration that opens then: the deadline is the first working morning that is two
    days ahead or more.
    """
    found = []
    for back in range(DAYS - 8, DAYS):
        switched = Dates(opens, 0, 0).mornings(back)
        found.append((due_after(switched, DAYS, CALENDAR), switched))
    due, switched = min(one for one in found if one[0] >= opens + AHEAD)
    return Dates(opens, switched, due)
