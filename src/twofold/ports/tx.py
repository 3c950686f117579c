"""A transaction: every repository at once."""

from collections.abc import Sequence
from typing import Protocol

from twofold.ports.applying import Applications, Verifications
from twofold.ports.authenticating import Authenticators, Challenges, Passkeys, Recovery
from twofold.ports.comparing import Comparisons
from twofold.ports.counting import Progress
from twofold.ports.grouping import Groups
from twofold.ports.guarding import Attempts, Browsers, Counters
from twofold.ports.helping import Desk, Passes
from twofold.ports.listing import PeopleTable, SavedFilters
from twofold.ports.nouns import (
    Accounts,
    Events,
    Links,
    People,
    Sessions,
    SignIns,
    Uploads,
)
from twofold.ports.posting import Mails, MailTexts
from twofold.ports.protecting import ProtectedSites
from twofold.ports.randomness import Random
from twofold.ports.recovering import Addresses, Waits
from twofold.ports.restoring import Restores
from twofold.ports.rolling_out import Enrolments, Exemptions, Expansions


class Tx(Protocol):
    """One open transaction."""

    random: Random

    def keyed_digest(self, use: str, text: str) -> str:
        """HMAC-SHA-256 of a text under the deployment's newest key, in hexadecimal: for what is
        too short to be kept as a plain hash. After a new key it is another one.
        """
        ...

    def keyed_digests(self, use: str, text: str) -> Sequence[str]:
        """For what must be found again also after a new key: everything under which the text may
        be stored, by every key of the deployment. The first is the one to store.
        """
        ...

    def database_time(self) -> float | None:
        """Seconds since the epoch by the database server's own clock; None where the database
        has no clock but this machine's.
        """
        ...

    @property
    def accounts(self) -> Accounts: ...
    @property
    def people(self) -> People: ...
    @property
    def authenticators(self) -> Authenticators: ...
    @property
    def attempts(self) -> Attempts: ...
    @property
    def sign_ins(self) -> SignIns: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def links(self) -> Links: ...
    @property
    def mails(self) -> Mails: ...
    @property
    def restores(self) -> Restores: ...
    @property
    def events(self) -> Events: ...
    @property
    def uploads(self) -> Uploads: ...
    @property
    def mail_texts(self) -> MailTexts: ...
    @property
    def counters(self) -> Counters: ...
    @property
    def browsers(self) -> Browsers: ...
    @property
    def recovery(self) -> Recovery: ...
    @property
    def passkeys(self) -> Passkeys: ...
    @property
    def challenges(self) -> Challenges: ...
    @property
    def passes(self) -> Passes: ...
    @property
    def desk(self) -> Desk: ...
    @property
    def comparisons(self) -> Comparisons: ...
    @property
    def addresses(self) -> Addresses: ...
    @property
    def waits(self) -> Waits: ...
    @property
    def enrolments(self) -> Enrolments: ...
    @property
    def expansions(self) -> Expansions: ...
    @property
    def progress(self) -> Progress: ...
    @property
    def exemptions(self) -> Exemptions: ...
    @property
    def groups(self) -> Groups: ...
    @property
    def people_table(self) -> PeopleTable: ...
    @property
    def saved_filters(self) -> SavedFilters: ...
    @property
    def applications(self) -> Applications: ...
    @property
    def verifications(self) -> Verifications: ...
    @property
    def protected(self) -> ProtectedSites: ...
