"""What a run saw, cell by cell. `docs/certified-apps.md` is made from it.

Every test says what it saw by `note`, which fails when that is not what the page says. So the page
holds nothing that was not seen by the run that wrote it, and a later run that sees something else
fails.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from tests.apps.names import NAMES
from tests.apps.programs import PROGRAMS
from tests.apps.readers import READERS


class Table(StrEnum):
    """The tables of the page."""

    PROGRAMS = "programs"
    PARAMETERS = "parameters"
    READERS = "readers"
    NAMES = "names"
    CLOCKS = "clocks"
    SETTINGS = "settings"


class Cell(NamedTuple):
    """Where on the page something stands."""

    table: Table
    row: str
    column: str


SIGNED_IN = "yes"
READ = "yes"
NAMES_AND_CODE, CODE = "names and code", "code"
HONOURED, IGNORED = "honoured", "ignored"
SAYS = "the page says"

LOOKS = ("light", "dark", "forced colours", "small phone")
PARAMETERS = ("SHA-256", "SHA-512", "8 digits", "60 seconds")


@dataclass(frozen=True)
class Clock:
    """A phone whose clock is off, and the program that stands for it."""

    seconds: int
    program: str


@dataclass(frozen=True)
class Setting:
    """An entry that somebody changed in their app, and what the page has to say."""

    program: str
    instead_of: str
    parameter: str
    said: str


CLOCKS = {
    "40 seconds ahead": Clock(40, "oathtool"),
    "40 seconds behind": Clock(-40, "keepassxc-cli"),
    "3 minutes ahead": Clock(180, "otpclient-cli"),
    "3 minutes behind": Clock(-180, "pass-otp"),
    "1 hour ahead": Clock(3600, "otpauth"),
    "1 hour behind": Clock(-3600, "numberstation"),
}
SETTINGS = {
    "SHA-256": Setting("keepassxc-cli", "SHA1", "SHA256", "codes made with SHA-256"),
    "SHA-512": Setting("otpauth", "SHA1", "SHA512", "codes made with SHA-512"),
    "8 digits": Setting("pass-otp", "digits=6", "digits=8", "its entry has other settings"),
    "60 seconds": Setting("numberstation", "period=30", "period=60", "every 60 seconds"),
}
TWICE = "an hour ahead, twice"
CARELESS = "numberstation"
"""The program that ignores `algorithm`."""


def _expected() -> dict[Cell, str]:
    cells = {Cell(Table.PROGRAMS, name, "signs in"): SIGNED_IN for name in PROGRAMS}
    for name, program in PROGRAMS.items():
        what = NAMES_AND_CODE if program.shows_names else CODE
        cells |= {Cell(Table.NAMES, one.id, name): what for one in NAMES}
    for name in takes_parameters():
        for parameter in PARAMETERS:
            ignored = name == CARELESS and parameter.startswith("SHA")
            cells[Cell(Table.PARAMETERS, name, parameter)] = IGNORED if ignored else HONOURED
    for reader in READERS:
        cells |= {Cell(Table.READERS, reader, look): READ for look in LOOKS}
        cells |= {Cell(Table.NAMES, one.id, reader): READ for one in NAMES}
    cells |= {Cell(Table.CLOCKS, name, SAYS): name for name in CLOCKS}
    cells |= {Cell(Table.SETTINGS, name, SAYS): one.said for name, one in SETTINGS.items()}
    return cells


def takes_parameters() -> list[str]:
    """The programs that read algorithm, digits and period from a QR code by themselves."""
    return [name for name, program in PROGRAMS.items() if program.given == "the QR code"]


EXPECTED = _expected()
"""What the page says, and every run has to see."""
SEEN: dict[Cell, str] = {}
"""What this run saw."""


def note(table: Table, row: str, column: str, words: str) -> None:
    """Say what was seen. Raises `AssertionError` if the page says otherwise."""
    cell = Cell(table, row, column)
    assert words == EXPECTED[cell], f"{row}, {column}: {words!r}, not {EXPECTED[cell]!r}"
    SEEN[cell] = words
