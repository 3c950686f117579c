"""The part of `docs/certified-apps.md` that a run writes."""

import re
from collections.abc import Callable, Mapping, Sequence
from html import escape

from tests.apps.names import NAMES
from tests.apps.programs import PROGRAMS
from tests.apps.readers import READERS
from tests.apps.record import (
    CLOCKS,
    LOOKS,
    PARAMETERS,
    SAYS,
    SETTINGS,
    Cell,
    Table,
    takes_parameters,
)
from tests.apps.terminal import ROOT
from tests.apps.versions import DEBIAN, NODE, PYTHON

PAGE = ROOT / "docs" / "certified-apps.md"
BEGIN, END = "<!-- written by ./dev apps: begin -->", "<!-- end -->"
TAKING_PART = sorted((*DEBIAN, *NODE, *PYTHON), key=str.casefold)
DAY = re.compile(r"^Last run: (\d{4}-\d\d-\d\d)\.$", re.MULTILINE)
VERSION = re.compile(r"^\| (?P<name>[\w-]+) \| `(?P<version>[^`]+)` \|$", re.MULTILINE)
_MARKS = "\\`|*_[]{}$~#!\xa0"
"""What Markdown, or a reader of the source, takes for something else."""

Seen = Mapping[Cell, str]
Cells = Callable[[str], Sequence[str]]


def written(seen: Seen, versions: Mapping[str, str], day: str) -> str:
    """The part between the two marks. Raises `KeyError` for what the run did not see."""
    parts = [
        f"Last run: {day}.",
        _table(("Taking part", "Version"), TAKING_PART, lambda name: (f"`{versions[name]}`",)),
        "### Programs",
        _table(
            ("Program", "Set up by", "Set-up and sign-in", "Names and codes"),
            PROGRAMS,
            lambda name: _program(seen, name),
        ),
        "### What a program does with other parameters",
        _table(
            ("Program", *PARAMETERS),
            takes_parameters(),
            lambda name: [seen[Cell(Table.PARAMETERS, name, column)] for column in PARAMETERS],
        ),
        "### What the set-up page says of a clock that is off",
        _table(
            ("Phone", "Program", "The page says"),
            CLOCKS,
            lambda name: (CLOCKS[name].program, seen[Cell(Table.CLOCKS, name, SAYS)]),
        ),
        "### What the set-up page says of an entry with other settings",
        _table(
            ("Setting", "Program", "The page says"),
            SETTINGS,
            lambda name: (SETTINGS[name].program, seen[Cell(Table.SETTINGS, name, SAYS)]),
        ),
        "### Readers of the QR code",
        _table(
            ("Reader", *LOOKS, "Names"),
            READERS,
            lambda name: (
                [seen[Cell(Table.READERS, name, look)] for look in LOOKS] + [_all_names(seen, name)]
            ),
        ),
        "### Names",
        _table(
            ("No.", "Organisation", "Address", "Issuer in the app", "Account in the app", "Tries"),
            [name.id for name in NAMES],
            _name,
        ),
    ]
    return "\n\n".join(parts)


def _program(seen: Seen, name: str) -> tuple[str, ...]:
    signs_in = seen[Cell(Table.PROGRAMS, name, "signs in")]
    return PROGRAMS[name].given, signs_in, _all_names(seen, name)


def _all_names(seen: Seen, taker: str) -> str:
    """In how many of the names a program or reader saw what; the same in all, or each."""
    words = [seen[Cell(Table.NAMES, name.id, taker)] for name in NAMES]
    return ", ".join(f"{one}: {words.count(one)} of {len(words)}" for one in sorted(set(words)))


def _name(id_: str) -> tuple[str, ...]:
    name = next(name for name in NAMES if name.id == id_)
    typed = (_literal(name.organisation), _literal(name.email))
    return (*typed, _literal(name.issuer), _literal(name.account), name.tries)


def _literal(text: str) -> str:
    """Text that a Markdown table shows as it is; `bdi` keeps what is written from the right."""
    shown = "".join(f"&#{ord(one)};" if one in _MARKS else escape(one, False) for one in text)
    return f"<bdi>{shown}</bdi>"


def _table(titles: Sequence[str], rows: Sequence[str] | Mapping[str, object], cells: Cells) -> str:
    lines = [titles, ["---"] * len(titles), *([row, *cells(row)] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def part_of(text: str) -> str:
    """The written part of the page's text."""
    return text.partition(BEGIN)[2].partition(END)[0].strip("\n")


def with_part(text: str, part: str) -> str:
    """The page's text with another written part."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{part}\n\n{END}{rest.partition(END)[2]}"


def day_of(part: str) -> str:
    """When the run was that wrote this."""
    return DAY.findall(part)[0]


def versions_of(part: str) -> dict[str, str]:
    """The versions that the run had to do with."""
    return {found["name"]: found["version"] for found in VERSION.finditer(part)}
