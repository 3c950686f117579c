"""Builds what `twofold demo` serves: an organisation that was played, in a world without a mail
server. Beside `bootstrap.py`, whose hand it is; no setting of the environment is read.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory

from twofold import __version__
from twofold.bootstrap import build_faces, common_passwords, listen, serve_world
from twofold.core.errors import StartError
from twofold.core.passkeys import relying_party
from twofold.data import load_apps
from twofold.demo.build import Built, build
from twofold.demo.pages import DemoPages, Heads, over, showcase
from twofold.hashing import Argon2Hasher
from twofold.mail.messages import MailTemplates
from twofold.mail.smtp import SmtpMailer
from twofold.ports import World
from twofold.storage import open_storage
from twofold.system import SystemClock, SystemRandom
from twofold.web.app import ALL_PAGES, build_app

CHEAP = {"memory_kib": 1024, "time_cost": 1, "parallelism": 1, "threads": 1}
"""What the passwords of the people who are made cost. They are random and worth nothing; whoever
signs in with one has it stored anew at the usual cost.
"""
USUAL = {"memory_kib": 19456, "time_cost": 2, "parallelism": 1, "threads": 2}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody asked for on the command line."""

    people: int
    seed: int | None
    """None for another organisation each time."""
    host: str
    port: int
    folder: Path | None
    """The data folder, which is kept; None for a temporary one."""


def serve(wanted: Wanted, echo: Callable[[str], None]) -> None:
    """Make the organisation, print whom to sign in as, and serve until told to stop. Raises
    `StartError` for an address that others could reach, or a folder that is not empty.
    """
    refuse_others(wanted.host)
    seed = secrets.randbelow(10**6) if wanted.seed is None else wanted.seed
    sock = listen(wanted.host, wanted.port)
    port = sock.getsockname()[1]
    with data_folder(wanted.folder) as folder, open_world(folder, port) as world:
        echo(f"Twofold {__version__}, demonstration. Making {wanted.people} people, seed {seed} …")
        made = make(world, people=wanted.people, seed=seed)
        pages = DemoPages(made, kept=wanted.folder is not None).pages
        strip = over(Heads(world.store, made.account_id))
        served = build_app(world, (*pages, *ALL_PAGES), tell=echo, over=strip)
        app = build_faces(world, pages=served)
        serve_world(sock, world, app, lambda: first_lines(wanted, world, made, folder), echo)


def refuse_others(host: str) -> None:
    """Raises `StartError` unless nothing but this computer reaches the address."""
    try:
        is_ours = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        is_ours = False
    if not is_ours:
        raise StartError(
            f"The demonstration is not served on {host}: it shows passwords and codes to whoever "
            "asks, so only this computer may reach it. Leave --host out, or use 127.0.0.1 or ::1."
        )


@contextmanager
def data_folder(kept: Path | None) -> Iterator[Path]:
    """The folder that was asked for, or a temporary one that is removed afterwards."""
    if kept is None:
        with TemporaryDirectory(prefix="twofold-demo-") as folder:
            yield Path(folder)
        return
    if kept.exists() and (not kept.is_dir() or any(kept.iterdir())):
        raise StartError(
            f"{kept} is not an empty folder. The demonstration is always made anew, because its "
            "passwords and phones end with the process: name a new folder."
        )
    yield kept


@contextmanager
def open_world(folder: Path, port: int) -> Iterator[World]:
    """As `bootstrap.open_world`, from nothing but a folder and a port, on SQLite, and without a
    mail server: what is written waits in the outbox.
    """
    random = SystemRandom()
    public_url = f"http://localhost:{port}"
    postbox = MailTemplates(public_url)
    store = open_storage(f"sqlite:///{folder.absolute()}/twofold.db", folder, random)
    try:
        yield World(
            store=store,
            hasher=Argon2Hasher(**USUAL),
            clock=SystemClock(),
            random=random,
            mailer=SmtpMailer(None, "Twofold <twofold@localhost>", postbox),
            postbox=postbox,
            public_url=public_url,
            common_passwords=common_passwords(),
            apps=load_apps(),
        )
    finally:
        store.close()


def make(world: World, *, people: int, seed: int) -> Built:
    """Play the history of so many people in this world."""
    party = relying_party(world.public_url)
    assert party is not None, "localhost is a name"
    hashed = Argon2Hasher(**CHEAP).hash_now
    return build(world.store, world.clock, party, hashed, people=people, seed=seed)


def first_lines(wanted: Wanted, world: World, made: Built, folder: Path) -> list[str]:
    """What is printed when it is ready."""
    stays = "kept" if wanted.folder is not None else "removed at the end"
    people = showcase(made)
    wide = max(len(what) for _, what, _ in people)
    wider = max(len(one.email) for _, _, one in people)
    return [
        f"address: {world.public_url}/demo",
        f"data:    {folder.resolve()} ({stays})",
        "mail:    nothing is mailed out; what would be sent stands under Mail",
        "codes:   on the phones that the demonstration shows, here and nowhere else",
        "Sign in as (passwords are new at each start):",
        *(f"  {what:{wide}}  {one.email:{wider}}  {one.password}" for _, what, one in people),
    ]
