"""What happens to a running service at seeded moments."""

import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from tests.faults.servers import Postgres
from tests.faults.service import Service
from tests.mail.servers import Box

CUT = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
)


@dataclass
class Weather:
    """Brings one fault after another, each over before the next."""

    service: Service
    box: Box
    random: Random
    postgres: Postgres | None = None
    brought: Counter[str] = field(default_factory=Counter)

    @property
    def faults(self) -> Sequence[Callable[[], None]]:
        """Every fault that this database knows; the first ones are the likelier."""
        common = [self.kill, self.kill, self.kill, self.pause, self.stop, self.refuse_mails]
        if self.postgres is None:
            return common
        return [*common, self.cut, self.freeze, self.crash]

    def turn(self) -> None:
        """Wait a moment, then bring one."""
        self.calm(0.05, 1.0)
        fault = self.random.choice(self.faults)
        fault()
        self.brought[fault.__name__] += 1

    def calm(self, least: float, most: float) -> None:
        """A while without anything."""
        time.sleep(self.random.uniform(least, most))

    def kill(self) -> None:
        """`kill -9` of a process of the service, and a new one."""
        victim = self.random.choice(self.service.processes)
        victim.kill()
        victim.start()
        victim.wait()

    def stop(self) -> None:
        """SIGTERM under load, and a new one."""
        victim = self.random.choice(self.service.processes)
        status = victim.stop()
        assert status == 0, f"a process that was told to stop ended with {status}: {victim.log()}"
        victim.start()
        victim.wait()

    def pause(self) -> None:
        """A process stands still for a while."""
        victim = self.random.choice(self.service.processes)
        assert victim.running is not None
        victim.running.send_signal(signal.SIGSTOP)
        self.calm(0.1, 2.0)
        victim.running.send_signal(signal.SIGCONT)

    def refuse_mails(self) -> None:
        """The mail server puts the next mails off."""
        self.box.answers["RCPT"] = ["451 4.7.1 greylisted"] * self.random.randrange(1, 6)

    def cut(self) -> None:
        """PostgreSQL drops every connection."""
        assert self.postgres is not None
        database = self.service.database_url.rsplit("/", 1)[1]
        self.postgres.execute(CUT, database=database)

    def freeze(self) -> None:
        """PostgreSQL stands still for a while."""
        assert self.postgres is not None
        self.postgres.signal_all(signal.SIGSTOP)
        self.calm(0.1, 3.0)
        self.postgres.signal_all(signal.SIGCONT)

    def crash(self) -> None:
        """PostgreSQL ends at once, as when its machine does, and starts again."""
        assert self.postgres is not None
        self.postgres.stop()
        self.postgres.start()
        self.service.wait()
