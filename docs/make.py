"""Makes the generated pages and the pictures of docs/; `./dev docs` runs it.

- `docs/states/*.md`: the state machines, from the transition tables of `twofold.core`.
- `docs/settings.md`: the settings, from the docstrings of `twofold.settings`.
- `docs/apps.md`: the catalogue of authenticator apps, from `src/twofold/data/apps.toml`.
- `docs/mechanisms.md`: known attacks and their tests, from the docstrings of the tests.
- `docs/pictures/*.png`: a walk through the real product, in a browser, with data of its own.

`docs/make.py --check` writes nothing: it says which generated page is out of date, and ends with
status 1 if there is one. `docs/make.py --pages` makes the pages and leaves the pictures alone.
"""

import argparse
import ast
import contextlib
import inspect
import os
import re
import runpy
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path

import pyotp
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from twofold.core import authenticators, enrolment, signin, waits
from twofold.core.apps import ALLOWED
from twofold.data import load_apps
from twofold.settings import NAMES, PREFIX, Settings

DOCS = Path(__file__).resolve().parent
PICTURES = DOCS / "pictures"
GENERATED = "<!-- Made by docs/make.py. Change the source that it names and run ./dev docs. -->"
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--font-render-hinting=none",
]  # fmt: skip
LARGEST = 150_000
"""Bytes that a picture may have."""
WIDTH, HEIGHT = 1000, 760
"""Pixels of the window."""
TALLER = 912
"""Where the beginning of a mail has to be seen too: it ends between two paragraphs."""
PATIENCE = 30
"""Seconds within which the service has to print its link."""

PASSWORD = "seven quiet herons at noon"
PEOPLE = """name,email,role
Bilal Haddad,bilal@maple.example,member
Chloé Martin,chloe@maple.example,helpdesk
Dora Novak,dora@maple.example,member
Emeka Obi,emeka@maple.example,member
Freya Lind,freya@maple.example,admin
Goro Tanaka,goro@maple.example,member
"""


# ---- state machines ----------------------------------------------------------------------


def attribute_docs(cls: type) -> dict[str, str]:
    """What the string below each member or field of `cls` says, by its name."""
    body = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0].body
    found = {}
    for node, following in zip(body, body[1:], strict=False):
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(following, ast.Expr):
            target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
            found[target.id] = " ".join(ast.literal_eval(following.value).split())
    return found


def machine_page(
    title: str,
    intro: str,
    source: str,
    states: type[StrEnum],
    table: Mapping[tuple[StrEnum, StrEnum], StrEnum],
    first: StrEnum,
) -> str:
    """A page with the diagram and the tables of one machine."""
    docs = attribute_docs(states)
    leaving = {state for state, _ in table}
    arrows = [f"    [*] --> {name_of(first)}"]
    facts: dict[tuple[StrEnum, StrEnum], list[str]] = {}
    for (state, fact), after in table.items():
        facts.setdefault((state, after), []).append(fact)
    arrows += [f"    {name_of(a)} --> {name_of(b)}: {' / '.join(f)}" for (a, b), f in facts.items()]
    arrows += [f"    {name_of(end)} --> [*]" for end in states if end not in leaving]
    labels = [f'    state "{state}" as {name_of(state)}' for state in states]
    rows = [f"| {a} | {fact} | {b} |" for (a, fact), b in table.items()]
    told = [f"- *{state}*: {docs[state.name]}" for state in states if state.name in docs]
    return "\n".join(
        [GENERATED, "", f"# {title}", "", intro, "", f"Source: `{source}`.", ""]
        + ["```mermaid", "stateDiagram-v2", *labels, *arrows, "```", ""]
        + [*told, *([""] if told else [])]
        + ["| In this state | this fact | leads to |", "|---|---|---|", *rows, ""]
        + ["Whatever is not in the table is illegal: it raises `IllegalTransition`.", ""]
    )


def name_of(state: StrEnum) -> str:
    """A name that a diagram can use."""
    return state.name.lower()


def sign_in_page() -> str:
    """docs/states/sign-in.md."""
    return machine_page(
        "The sign-in",
        "From a password to a session. `core/signin.py` says what may follow what; "
        "`flows/sign_in.py` and `flows/enrol.py` find the facts out. A session is made only on "
        "the way to *done*.",
        "src/twofold/core/signin.py",
        signin.SignInState,
        signin.TRANSITIONS,
        signin.SignInState.START,
    )


def authenticator_page() -> str:
    """docs/states/authenticator.md."""
    return machine_page(
        "The authenticator",
        "From the QR code to the day when a newer one takes its place. A pending one never "
        "authenticates. *Cancel* deletes a pending one together with its secret.",
        "src/twofold/core/enrolment.py",
        authenticators.AuthenticatorState,
        enrolment.TRANSITIONS,
        authenticators.AuthenticatorState.PENDING,
    )


def wait_page() -> str:
    """docs/states/wait.md."""
    return machine_page(
        "The wait",
        "Delayed recovery, from the button in the first mail to its end. `core/waits.py` says what "
        "may follow what; `flows/waits.py` and `flows/wait_stops.py` find the facts out, each in "
        "one conditional update.",
        "src/twofold/core/waits.py",
        waits.WaitState,
        waits.TRANSITIONS,
        waits.WaitState.WAITING,
    )


# ---- settings ----------------------------------------------------------------------------


def settings_page() -> str:
    """docs/settings.md."""
    docs, rows = attribute_docs(Settings), []
    for name in NAMES:
        what, _, default = docs[name].partition(" Default: ")
        rows.append(f"| `{PREFIX}{name.upper()}` | {what} | {default.removesuffix('.')} |")
    return "\n".join(
        [GENERATED, "", "# Settings", "", SETTINGS_INTRO, ""]
        + ["| Name | What it is | Default |", "|---|---|---|", *rows, "", SETTINGS_END]
    )


SETTINGS_INTRO = """Twofold starts without any setting. Each one can be given in three ways; the
first that is there counts:

1. in the environment, under the name below, or in a file that the name with `_FILE` behind it
   names, for secrets that are mounted as files: `TWOFOLD_SMTP_URL_FILE=/run/secrets/smtp`;
2. in a TOML file, under the same name in lower case and without `TWOFOLD_`, also with `_file`
   behind it: `public_url = "https://login.example.org"`. The file is `twofold.toml` in the data
   folder or in the working folder, or the one that `TWOFOLD_CONFIG` names;
3. as the default.

A name that Twofold does not know, and a value that it cannot use, is an error with one sentence
and not a guess. `twofold config check` shows every value and where it came from, with passwords
masked."""

SETTINGS_END = """Source: `src/twofold/settings.py`; what each value may look like is in
`src/twofold/setting_values.py`.
"""


# ---- apps --------------------------------------------------------------------------------


def apps_page() -> str:
    """docs/apps.md."""
    catalogue = load_apps()
    names = tuple(ALLOWED)
    head = ["App", "Certified", *APPS_HEAD]
    rows = [
        " | ".join(
            [f"| {app.title} (`{app.id}`)", "yes" if app.certified else "no"]
            + [getattr(app, name).says for name in names]
        )
        + " |"
        for app in catalogue.apps
    ]
    sources = [
        f"- `{source.id}`: {source.title}, {source.dated}. <{source.where}>"
        for source in catalogue.sources
    ]
    return "\n".join(
        [GENERATED, "", "# Authenticator apps", "", APPS_INTRO, ""]
        + [f"| {' | '.join(head)} |", "|---" * len(head) + "|", *rows, ""]
        + ["## Sources", "", APPS_SOURCES, "", *sources, ""]
    )


APPS_HEAD = (
    "SHA-256 or SHA-512", "8 digits", "60 seconds", "Scans", "Takes a key", "Opens a link", "Needs",
)  # fmt: skip
APPS_INTRO = """The catalogue is data: `src/twofold/data/apps.toml`. The set-up page takes its
steps from there once somebody has chosen their app and device, the help page shows all of it, and
the choice stays with the authenticator.

Twofold's codes are SHA-1, 6 digits, 30 seconds: the one setting that all certified apps compute
alike. What an app does with any other is told below, because it explains wrong codes of an entry
that was typed by hand.

To add an app, add `[apps.PRODUCT]` and `[apps.PRODUCT.on.PLATFORM]` to the file. Every fact names
its sources in `by`; what you cannot show is the word `unknown`. A field that is missing, a fact
without a source and a source that nobody uses stop the start, with the place. Then run
`./dev docs`."""
APPS_SOURCES = """When each was read stands in the file. Apps change: what is older may be wrong
today."""


def pages() -> dict[Path, str]:
    """Every generated page with its text."""
    return {
        DOCS / "states" / "sign-in.md": sign_in_page(),
        DOCS / "states" / "authenticator.md": authenticator_page(),
        DOCS / "states" / "wait.md": wait_page(),
        DOCS / "settings.md": settings_page(),
        DOCS / "apps.md": apps_page(),
        DOCS / "mechanisms.md": runpy.run_path(str(DOCS / "mechanisms.py"))["page"](),
    }


def stale(wanted: Mapping[Path, str]) -> list[Path]:
    """The pages that do not say what they should, or are missing."""
    return [
        path
        for path, text in wanted.items()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]


# ---- pictures ----------------------------------------------------------------------------


@contextlib.contextmanager
def service(folder: Path) -> Iterator[str]:
    """The real product, serving from `folder`; its first-admin link."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    own |= {
        f"{PREFIX}DATA_DIR": str(folder / "data"),
        f"{PREFIX}LISTEN": f"127.0.0.1:{port}",
        "PYTHONPATH": str(DOCS.parent / "src"),
        "PYTHONUNBUFFERED": "1",
    }
    with (folder / "out").open("w+") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "twofold", "serve"], cwd=folder, env=own, stdout=out, stderr=out
        )
        try:
            yield link_in(folder / "out", process)
        finally:
            process.terminate()
            process.wait(PATIENCE)


def link_in(out: Path, process: "subprocess.Popen[bytes]") -> str:
    """The link that the service prints, once it is there."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        found = re.search(r"http\S+/first-admin/\S+", out.read_text(encoding="utf-8"))
        if found:
            return found[0]
        time.sleep(0.1)
    raise SystemExit(f"The service printed no link:\n{out.read_text(encoding='utf-8')}")


def picture(page: Page, name: str, *, whole: bool = True, above: Locator | None = None) -> None:
    """Save what the page shows: all of it, what fits the window, or what stands above a part."""
    page.evaluate("document.activeElement && document.activeElement.blur()")
    page.mouse.move(0, 0)
    path = PICTURES / f"{name}.png"
    box = above.bounding_box() if above else None
    clip = {"x": 0, "y": 0, "width": WIDTH, "height": int(box["y"])} if box else None
    page.screenshot(path=path, full_page=whole, clip=clip)
    size = path.stat().st_size
    print(f"{path.relative_to(DOCS.parent)}: {size:,} bytes")
    if size > LARGEST:
        raise SystemExit(f"{path} has {size:,} bytes, more than {LARGEST:,}.")


def press(page: Page, name: str, role: str = "button") -> None:
    """Use the button or link of that name and wait for the next page."""
    with page.expect_navigation():
        page.get_by_role(role, name=name, exact=True).first.click()


def walk(browser: Browser, link: str) -> None:
    """From the printed link to the second sign-in, as the README tells it."""
    site = link.partition("/first-admin/")[0]
    # Without movement: a picture after a change of colours must not show them half changed.
    page = browser.new_page(
        viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light", reduced_motion="reduce"
    )
    page.goto(link)
    page.get_by_label("Name", exact=True).fill("Ann Lee")
    page.get_by_label("Email").fill("ann@maple.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Organisation").fill("Maple Street School")
    picture(page, "first-admin")
    press(page, "Create admin")
    picture(page, "home")
    secret = set_up(page, site)
    add_people(page, site)
    switch_on(page, site)
    sign_in_again(page, site, secret)


def set_up(page: Page, site: str) -> str:
    """The admin's own factor; the secret, as the key on the page says it."""
    page.goto(f"{site}/profile")
    press(page, "Set up")
    picture(page, "set-up")
    page.emulate_media(color_scheme="dark")
    picture(page, "set-up-dark")
    page.emulate_media(color_scheme="light")
    uri = page.get_by_role("link", name="Open in my authenticator app").get_attribute("href")
    secret = pyotp.parse_uri(uri or "").secret
    page.get_by_label("Code", exact=True).fill(pyotp.TOTP(secret).now())
    press(page, "Save")
    page.goto(f"{site}/profile")
    picture(page, "profile")
    return secret


def add_people(page: Page, site: str) -> None:
    """Six people from a pasted list."""
    page.goto(f"{site}/people/import")
    page.get_by_label("Paste the list").fill(PEOPLE)
    press(page, "Show the rows")
    picture(page, "import")
    press(page, "Add 6 people")
    page.goto(f"{site}/people")
    picture(page, "people")


def switch_on(page: Page, site: str) -> None:
    """The switch: the page before it, what will happen, and afterwards."""
    page.goto(f"{site}/account")
    picture(page, "account")
    page.goto(f"{site}/account/switch-on")
    page.set_viewport_size({"width": WIDTH, "height": TALLER})
    picture(page, "switch-on", whole=False)
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    press(page, "Switch on")
    page.goto(f"{site}/mail")
    picture(page, "mail", above=page.get_by_role("row").nth(7))


def sign_in_again(page: Page, site: str, secret: str) -> None:
    """Out, and in again in two steps."""
    page.goto(f"{site}/sign-out")
    press(page, "Sign out")
    page.get_by_label("Email").fill("ann@maple.example")
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Sign in")
    picture(page, "code", whole=False)
    # The present code was used at Save. The next one counts from 30 seconds before its time.
    page.get_by_label("Code", exact=True).fill(pyotp.TOTP(secret).at(int(time.time()) + 30))
    press(page, "Sign in")
    if "two-factor authentication" not in page.content().lower():
        raise SystemExit("The second sign-in did not lead to the home page.")


def make_pictures() -> None:
    """Start the product, walk through it, keep the pictures."""
    PICTURES.mkdir(exist_ok=True)
    flags = FLAGS + (["--no-sandbox"] if os.geteuid() == 0 else [])
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=flags)
        with service(Path(folder)) as link:
            walk(browser, link)
        browser.close()


def main() -> int:
    """Do what the arguments ask for; the exit status."""
    parser = argparse.ArgumentParser(description="Make the generated pages and pictures of docs/.")
    parser.add_argument("--check", action="store_true", help="only say which pages are stale")
    parser.add_argument("--pages", action="store_true", help="make the pages, not the pictures")
    given = parser.parse_args()
    old = stale(wanted := pages())
    if given.check:
        for path in old:
            print(f"{path.relative_to(DOCS.parent)} is out of date: run ./dev docs")
        return 1 if old else 0
    for path in old:
        path.parent.mkdir(exist_ok=True)
        path.write_text(wanted[path], encoding="utf-8")
        print(f"{path.relative_to(DOCS.parent)} is made anew")
    if not given.pages:
        make_pictures()
    return 0


if __name__ == "__main__":
    sys.exit(main())
