"""Plays a history: deeds in the order of their moments, under a clock that jumps from one to the
next, on a real store. Between them the worker's flows do what the worker would have done.

A few dozen deeds are one commit, because nobody waits for them; each deed calls the flows as the
pages do. If a flow answers otherwise than the plan says, the history does not play, and nothing is
served.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from random import Random

from twofold.core.mail_reports import Action, Report
from twofold.core.passkeys import RelyingParty
from twofold.core.people import DAY, HOUR, MINUTE, Instant, email_key
from twofold.demo.mailboxes import Mailboxes
from twofold.demo.stage import Scene
from twofold.flows import (
    deadlines,
    digests,
    expansion,
    housekeeping,
    mail_reports,
    reminders,
    waits,
)
from twofold.flows.deliver import claim, settle
from twofold.ports import Store, Tx

Deed = Callable[[Scene], None]
CHORES = (expansion.step, reminders.tick, deadlines.tick, digests.tick, waits.tick)
"""The flows of the worker, each to be called until nothing is left to do."""
AT_ONCE = 40
"""Deeds in one commit: some tenths of a second, so that a start can be stopped at any time."""
DELIVERED_AFTER = 20
"""Seconds after which a mail has left."""
MOST_MAILS = 1000
"""Mails of one delivery."""
BOUNCES_AFTER = 3 * MINUTE
"""Seconds after which a mail comes back."""
WORKS_AT = (7, 9, 13, 18)
"""Hours (UTC) at which the worker's flows run: those at which something falls due, and some."""


@dataclass(slots=True)
class Player:
    """One organisation's history, to be played once."""

    store: Store
    chance: Random
    party: RelyingParty
    account_id: str = ""
    """Known once the organisation is founded."""
    mailboxes: Mailboxes = field(default_factory=Mailboxes)
    gone: dict[str, Instant] = field(default_factory=dict)
    """By key the addresses whose mails come back, and since when."""
    _ahead: list[tuple[Instant, int, Deed]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)
    _delivers: bool = False
    """A delivery is ahead."""
    _now: Instant = 0

    def at(self, moment: Instant, deed: Deed) -> None:
        """Let somebody do something then; never before what was played already."""
        heappush(self._ahead, (max(moment, self._now), next(self._numbers), deed))

    def deliver(self, moment: Instant) -> None:
        """Let the mails leave then that wait for it: the first ones of a switch."""
        self.at(moment, self._deliver)

    def each_day(self, first: Instant, last: Instant) -> None:
        """Let the worker's flows run between these moments."""
        for day in range(first // DAY, last // DAY + 1):
            for hour in WORKS_AT:
                moment = day * DAY + hour * HOUR + MINUTE
                if first < moment <= last:
                    self.at(moment, self._work)

    def play(self) -> None:
        """Everything, in its order."""
        while self._ahead:
            self.store.call(self._perform)

    def _perform(self, tx: Tx) -> None:
        for _ in range(AT_ONCE):
            if not self._ahead:
                return
            self._now, _, deed = heappop(self._ahead)
            deed(self.scene(tx, self._now))
            if not self._delivers and deed != self._deliver:
                self._delivers = True
                self.at(self._now + DELIVERED_AFTER, self._deliver)

    def scene(self, tx: Tx, now: Instant) -> Scene:
        """A moment of this history."""
        return Scene(tx, now, self.account_id, self.chance, self.mailboxes, self.party)

    def _work(self, scene: Scene) -> None:
        """What `worker.Worker` calls, but for the delivery."""
        housekeeping.purge(scene.tx, scene.now)
        for flow in CHORES:
            while flow(scene.tx, scene.now):
                pass

    def _deliver(self, scene: Scene) -> None:
        """Hand over what is due; what goes to a mailbox that is gone comes back later."""
        claimed = claim(scene.tx, scene.now, MOST_MAILS)
        for letter in claimed.letters:
            delivery = self.mailboxes.send(letter)
            settle(scene.tx, scene.now, letter.mail, delivery)
            key = email_key(letter.mail.to_address)
            if delivery.ok and self.gone.get(key, scene.now + 1) <= scene.now:
                self.at(scene.now + BOUNCES_AFTER, _bounce(letter.mail.message_id, key))
        self._delivers = False


def _bounce(message_id: str, key: str) -> Deed:
    """The report of a mail server about a mail of ours."""
    detail = f"550 5.1.1 <{key}>: Recipient address rejected: User unknown"
    report = Report(message_id, key, Action.FAILED, "5.1.1", detail, None)

    def come_back(scene: Scene) -> None:
        mail_reports.take(scene.tx, scene.now, report=report)

    return come_back
