"""A real mail server of the tests' own, with one mailbox for everybody."""

import asyncio
import contextlib
import re
import threading
import time
from collections.abc import Iterator
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP

from tests.mail.servers import Box

PATIENCE = 60
LINK = re.compile(
    r"http://\S+/(?:invitation|enrol|password|sign-in/link|sign-in/code/link|address|wait/stop|wait|recover)/[\w-]+"
)


class Mailbox:
    """What the mail server received."""

    def __init__(self) -> None:
        self.box = Box()
        self.url = ""

    def all(self) -> list[EmailMessage]:
        """Every mail, oldest first."""
        return [received.message for received in self.box.received]

    def to(self, address: str, about: str = "") -> list[EmailMessage]:
        """The mails to `address` whose subject holds `about`."""
        return [
            mail for mail in self.all() if address in mail["to"] and about in str(mail["subject"])
        ]

    def wait(self, address: str, about: str, count: int = 1) -> EmailMessage:
        """The newest of these mails, as soon as there are `count`."""
        until = time.monotonic() + PATIENCE
        while len(found := self.to(address, about)) < count:
            assert time.monotonic() < until, f"no mail about {about!r}"
            time.sleep(0.05)
        return found[-1]


def plain(mail: EmailMessage) -> str:
    """The text part."""
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def html(mail: EmailMessage) -> str:
    """The HTML part."""
    part = mail.get_body(("html",))
    assert part is not None
    return str(part.get_content())


def link_in(mail: EmailMessage) -> str:
    """The one-time link of a mail; both parts carry the same one."""
    found = set(LINK.findall(plain(mail)))
    assert len(found) == 1
    link: str = found.pop()
    assert f'href="{link}"' in html(mail)
    return link


@contextlib.contextmanager
def open_mailbox() -> Iterator[Mailbox]:
    """A mail server on a free port of 127.0.0.1, on a thread with a loop of its own."""
    mailbox, loop, ready = Mailbox(), asyncio.new_event_loop(), threading.Event()

    async def listen() -> asyncio.Server:
        return await loop.create_server(
            lambda: SMTP(mailbox.box, hostname="mail.test", loop=loop), "127.0.0.1", 0
        )

    def serve() -> None:
        server = loop.run_until_complete(listen())
        mailbox.url = f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}?starttls=off"
        ready.set()
        loop.run_forever()
        server.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    assert ready.wait(PATIENCE)
    try:
        yield mailbox
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()
