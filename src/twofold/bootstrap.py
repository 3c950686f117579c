"""The builder: settings -> world -> faces. Nothing else knows both sides of a port, but for what
`demonstration.py` builds without settings.
"""

import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from twofold import __version__, ntp
from twofold.api.access import PREFIX
from twofold.api.app import build_api
from twofold.connections import Impatient, allow_many
from twofold.core.clocks import about, side
from twofold.core.crowd import LOUD
from twofold.core.errors import StartError
from twofold.data import load_apps, load_common
from twofold.flows import restore, setup
from twofold.gate.app import PREFIXES, ForwardAuth
from twofold.hashing import Argon2Hasher
from twofold.mail.messages import MailTemplates
from twofold.mail.report_box import Maildir, Stream
from twofold.mail.smtp import SmtpMailer
from twofold.ports import ReportBox, World
from twofold.settings import Settings
from twofold.storage import open_storage
from twofold.system import SystemClock, SystemRandom
from twofold.web.app import build_app
from twofold.worker import Worker

BACKLOG = 1024
GRACE, SETTLING = 9, 2
"""Seconds that a process has which is told to stop; and how many of them, after the open requests,
the worker has for the mail at hand. A mail that takes longer is sent again later."""


@contextmanager
def open_world(settings: Settings) -> Iterator[World]:
    """Everything the faces need, made from checked settings; closed again at the end.

    Raises `StartError` with a sentence when the data folder, the key file or the database
    cannot be used.
    """
    random = SystemRandom()
    store = open_storage(settings.database_url, settings.data_dir, random)
    try:
        postbox = MailTemplates(settings.public_url)
        yield World(
            store=store,
            hasher=Argon2Hasher(
                memory_kib=settings.argon2_memory_kib,
                time_cost=settings.argon2_time,
                parallelism=settings.argon2_parallelism,
                threads=settings.password_pool,
            ),
            clock=SystemClock(),
            random=random,
            mailer=SmtpMailer(
                settings.smtp_url,
                settings.mail_from,
                postbox,
                return_path=settings.mail_return_path,
            ),
            postbox=postbox,
            public_url=settings.public_url,
            common_passwords=common_passwords(),
            trusted_proxies=settings.trusted_proxies,
            apps=load_apps(),
            reports=Maildir(settings.mail_reports) if settings.mail_reports else None,
            mails_per_minute=settings.mails_per_minute,
            report_token=settings.mail_report_token,
        )
    finally:
        store.close()


@contextmanager
def open_reports(path: Path | None) -> Iterator[ReportBox]:
    """The reports at this path: a Maildir, an mbox or one message; None is standard input.
    Raises `OSError`.
    """
    if path is None:
        yield Stream(sys.stdin.buffer)
    elif path.is_dir():
        yield Maildir(path)
    else:
        with path.open("rb") as file:
            yield Stream(file)


def common_passwords() -> frozenset[str]:
    """The shipped list of passwords that a guesser tries first."""
    return load_common()


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises `StartError` if the port cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
        sock.listen(BACKLOG)
    except OSError as error:
        sock.close()
        raise StartError(
            f"Port {port} on {host} cannot be used ({error.strerror}). "
            "Stop what uses it, or set TWOFOLD_LISTEN to another address."
        ) from None
    return sock


def first_lines(settings: Settings, world: World) -> list[str]:
    """What `serve` prints when it is ready: at most eight lines."""
    now = world.clock.now()
    lines = [
        f"Twofold {__version__}",
        f"address: {settings.public_url}",
        f"data:    {settings.data_dir.resolve()}",
        f"clock:   {datetime.fromtimestamp(now, UTC):%Y-%m-%d %H:%M:%S} UTC, "
        + clock_compared(settings.ntp_server),
    ]
    if world.store.call(restore.standing) is not None:
        lines.append("mail:    held since a backup was restored, until `twofold mail release`")
    if world.store.call(setup.needs_first_admin):
        link = world.store.call(setup.first_admin_link, now)
        until = datetime.fromtimestamp(link.expires_at, UTC)
        lines += [
            f"Open this link by {until:%H:%M} UTC to become the first admin. It works once:",
            f"  {settings.public_url}/first-admin/{link.token}",
            "Another link: twofold admin-link (here: .venv/bin/twofold admin-link)",
        ]
    return lines


def clock_compared(server: str | None) -> str:
    """What a time server says about our clock, in a few words; a start never waits long for it."""
    if server is None:
        return "not compared with a time server"
    try:
        answer = ntp.ask(server)
    except ntp.NoAnswer:
        return f"and {server} does not answer"
    if abs(answer.ahead) < LOUD:
        return f"compared with {server}"
    return f"WRONG: about {about(round(answer.ahead))} {side(round(answer.ahead))}, says {server}"


class Faces:
    """The pages, and beside them other faces, each at its own beginning of a path."""

    def __init__(self, web: ASGIApp, beside: Mapping[str, ASGIApp]) -> None:
        """`beside` by prefix, without a slash at the end."""
        self.web, self.beside = web, dict(beside)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, with its whole path."""
        path = scope.get("path", "")
        for prefix, app in self.beside.items():
            if path == prefix or path.startswith(prefix + "/"):
                await app(scope, receive, send)
                return
        await self.web(scope, receive, send)


def build_faces(
    world: World,
    tell: Callable[[str], None] = lambda _line: None,
    pages: ASGIApp | None = None,
) -> Faces:
    """Everything that is served, as one ASGI application. `tell` is that of `build_app`; `pages`
    are others than those of the product alone.
    """
    gate = dict.fromkeys(PREFIXES, ForwardAuth(world))
    return Faces(pages or build_app(world, tell=tell), {**gate, PREFIX: build_api(world)})


def serve(settings: Settings, echo: Callable[[str], None]) -> None:
    """Serve until told to stop; `echo` prints the first lines once everything is ready, and a
    warning when a proxy turns out not to be named.
    """
    sock = listen(settings.listen_host, settings.listen_port)
    with open_world(settings) as world:
        app = build_faces(world, tell=echo)
        serve_world(sock, world, app, lambda: first_lines(settings, world), echo)


def serve_world(
    sock: socket.socket,
    world: World,
    app: ASGIApp,
    lines: Callable[[], list[str]],
    echo: Callable[[str], None],
) -> None:
    """Pages and worker together, until told to stop; `lines` are printed once both are ready."""
    worker = Worker(world)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            lifespan="off",
            http=Impatient,
            timeout_graceful_shutdown=GRACE - SETTLING,
        )
    )
    allow_many()
    worker.start()
    for line in lines():
        echo(line)
    try:
        server.run(sockets=[sock])
    finally:
        worker.stop(timeout=SETTLING)
