"""What a run saw, cell by cell. `docs/certified-apps.md` is made from it.

Every test says what it saw by `note`, which fails when that is not what the page says. So the page
holds nothing that was not seen by the run that wrote it, and a later run that sees something else
fails.
"""

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


class Cell(NamedTuple):
    """Where on the page something stands."""

    table: Table
    row: str
    column: str


SIGNED_IN = "yes"
READ = "yes"
NAMES_AND_CODE, CODE = "names and code", "code"
HONOURED, IGNORED = "honoured", "ignored"

LOOKS = ("light", "dark", "forced colours", "small phone")
PARAMETERS = ("SHA-256", "SHA-512", "8 digits", "60 seconds")
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
