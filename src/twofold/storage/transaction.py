"""One open transaction: a connection with one repository per noun on it."""

from collections.abc import Sequence

from sqlalchemy import Connection

from twofold.ports import Random
from twofold.storage.accounts import Accounts
from twofold.storage.addresses import Addresses
from twofold.storage.applications import Applications
from twofold.storage.attempts import Attempts
from twofold.storage.authenticators import Authenticators
from twofold.storage.browsers import Browsers
from twofold.storage.challenges import Challenges
from twofold.storage.comparisons import Comparisons
from twofold.storage.counters import Counters
from twofold.storage.desk import Desk
from twofold.storage.engine import database_time
from twofold.storage.enrolments import Enrolments
from twofold.storage.events import Events
from twofold.storage.exemptions import Exemptions
from twofold.storage.expansions import Expansions
from twofold.storage.groups import Groups
from twofold.storage.journal import NO_JOURNAL, Keeps
from twofold.storage.links import Links
from twofold.storage.mail_texts import MailTexts
from twofold.storage.mails import Mails
from twofold.storage.passes import Passes
from twofold.storage.passkeys import Passkeys
from twofold.storage.people import People
from twofold.storage.people_table import PeopleTable
from twofold.storage.progress import Progress
from twofold.storage.recovery import Recovery
from twofold.storage.restores import Restores
from twofold.storage.saved_filters import SavedFilters
from twofold.storage.sealing import KeyRing
from twofold.storage.sessions import Sessions
from twofold.storage.sign_ins import SignIns
from twofold.storage.sites import ProtectedSites
from twofold.storage.uploads import Uploads
from twofold.storage.verifications import Verifications
from twofold.storage.waits import Waits


class Transaction:
    """See `ports.Tx`."""

    def __init__(
        self,
        connection: Connection,
        ring: KeyRing,
        random: Random,
        journal: Keeps = NO_JOURNAL,
    ) -> None:
        """On `connection`; beginning and committing are the store's business."""
        self.random = random
        self.accounts = Accounts(connection, ring)
        self.people = People(connection)
        self.authenticators = Authenticators(connection, ring)
        self.attempts = Attempts(connection)
        self.sign_ins = SignIns(connection)
        self.sessions = Sessions(connection)
        self.links = Links(connection)
        self.mails = Mails(connection, ring)
        self.restores = Restores(connection)
        self.mail_texts = MailTexts(connection)
        self.events = Events(connection, ring, journal)
        self.uploads = Uploads(connection, ring)
        self.counters = Counters(connection)
        self.browsers = Browsers(connection)
        self.recovery = Recovery(connection, journal)
        self.passkeys = Passkeys(connection, ring)
        self.challenges = Challenges(connection)
        self.passes = Passes(connection)
        self.desk = Desk(connection)
        self.comparisons = Comparisons(connection)
        self.addresses = Addresses(connection)
        self.waits = Waits(connection)
        self.enrolments = Enrolments(connection)
        self.expansions = Expansions(connection)
        self.exemptions = Exemptions(connection)
        self.progress = Progress(connection)
        self.groups = Groups(connection)
        self.people_table = PeopleTable(connection)
        self.saved_filters = SavedFilters(connection)
        self.applications = Applications(connection)
        self.verifications = Verifications(connection)
        self.protected = ProtectedSites(connection)
        self._connection, self._ring = connection, ring

    def keyed_digest(self, use: str, text: str) -> str:
        """HMAC-SHA-256 under a key of the deployment, in hexadecimal."""
        return self._ring.digest(use, text)

    def keyed_digests(self, use: str, text: str) -> Sequence[str]:
        """The same with the key's id, under every key of the deployment; the first to be stored."""
        return self._ring.digests(use, text)

    def database_time(self) -> float | None:
        """The time by the database server's own clock, if it has one."""
        return database_time(self._connection)
