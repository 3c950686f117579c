"""Where the mails of the history go: into mailboxes in memory, out of which people follow links.

No mail server is spoken to, while the history is played as little as afterwards.
"""

from collections.abc import Sequence

from twofold.core.mail import MailKind
from twofold.core.people import email_key
from twofold.ports import Delivery, Letter

FULL = Delivery(ok=False, final=True, detail="552 5.2.2 The mailbox is full.")
TAKEN = Delivery(ok=True, final=False, detail="")


class Mailboxes:
    """Everybody's mailbox (`ports.Mailer`)."""

    configured = True

    def __init__(self) -> None:
        """All are empty."""
        self._links: dict[tuple[str, MailKind], str] = {}
        self.full: set[str] = set()
        """Keys of addresses whose server takes nothing."""

    def send(self, letter: Letter) -> Delivery:
        """Put the mail into its mailbox."""
        mail = letter.mail
        if email_key(mail.to_address) in self.full:
            return FULL
        token = mail.params.get("token")
        if isinstance(token, str):
            self._links[mail.person_id, mail.kind] = token
        return TAKEN

    def link(self, person_id: str, kinds: Sequence[MailKind]) -> str | None:
        """The token of the newest mail of the first of these kinds that the person got."""
        found = (self._links.get((person_id, kind)) for kind in kinds)
        return next((token for token in found if token is not None), None)
