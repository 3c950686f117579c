"""Worlds for the delivery of mails: a real store, and a mailer that says what it is told to."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.mail.letters import PUBLIC_URL
from twofold.hashing import Argon2Hasher
from twofold.mail.messages import MailTemplates
from twofold.ports import Clock, Delivery, Letter, Mailer, Random, Store, World

TAKEN = Delivery(ok=True, final=False, detail="mail.test:25 took it: 250 OK")
GREYLISTED = Delivery(ok=False, final=False, detail="mail.test:25 did not take it: 451 later")
REFUSED = Delivery(ok=False, final=True, detail="mail.test:25 did not take it: 550 no such person")


@dataclass
class FakeMailer:
    """Remembers what it is given and answers in turn, at last with "taken"."""

    answers: list[Delivery | BaseException] = field(default_factory=list)
    sent: list[Letter] = field(default_factory=list)
    configured: bool = True
    meanwhile: Callable[[Letter], None] = lambda _letter: None
    """What happens elsewhere while the mail is on its way."""

    def send(self, letter: Letter) -> Delivery:
        """Take the letter down; raise or return the next answer."""
        self.sent.append(letter)
        self.meanwhile(letter)
        answer = self.answers.pop(0) if self.answers else TAKEN
        if isinstance(answer, BaseException):
            raise answer
        return answer


def world_of(store: Store, clock: Clock, random: Random, mailer: Mailer) -> World:
    """A world around the store, with this mailer."""
    return World(
        store=store,
        hasher=Argon2Hasher(memory_kib=8, time_cost=1, parallelism=1, threads=1),
        clock=clock,
        random=random,
        mailer=mailer,
        postbox=MailTemplates(PUBLIC_URL),
        public_url=PUBLIC_URL,
        common_passwords=frozenset(),
    )
