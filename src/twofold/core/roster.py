"""People from a CSV file, read row by row. Pure: bytes in, rows out. What importing them would
do is in `roster_plan.py`.

Files come from spreadsheets of all countries, so comma, semicolon and tab all separate, UTF-8 and
UTF-16 both decode, columns stand in any order. Every row keeps its line number, because that is
what somebody needs who has to mend the file.
"""

import codecs
import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from twofold.core import addresses, roster_cells
from twofold.core.people import PersonKind, Role, email_key
from twofold.core.roster_cells import FORMULA, Extras

MAX_ROWS = 10_000
MAX_BYTES = 20 * 1024 * 1024
SEPARATORS = (",", ";", "\t")

_TITLES = {
    **dict.fromkeys(("name", "full name"), "name"),
    **dict.fromkeys(("email", "e-mail", "mail", "email address", "e-mail address"), "email"),
    "role": "role",
    **roster_cells.TITLES,
}
"""Which column a title means; titles are compared without regard to case."""
_WITHOUT_TITLES = {"name": 0, "email": 1, "role": 2}
"""The columns of a list without a line of titles: whoever pastes one from a mail has none."""
_SAVE_AS = "Save the file as “CSV UTF-8” and choose it again."


@dataclass(frozen=True, slots=True)
class Row:
    """One person of the file."""

    line: int
    """The line of the file on which the row begins; 1 is the first."""
    name: str
    email: str
    role: Role
    """What the row gives; member where it names no role that there is."""
    shown_role: str
    """The role for showing: where there is no such role, what stands in the file."""
    problem: str | None
    """Why the row cannot be used, in one sentence, or None."""
    gives_role: bool = False
    """Whether the row says a role: whoever is here already keeps theirs otherwise."""
    extras: Extras = Extras()
    """What its further cells say."""

    @property
    def key(self) -> str:
        """The form under which the address is unique."""
        return email_key(self.email)


@dataclass(frozen=True, slots=True)
class Roster:
    """A file that could be read."""

    rows: tuple[Row, ...]
    ignored: tuple[str, ...]
    """Titles of columns that mean nothing here."""


@dataclass(frozen=True, slots=True)
class RosterProblem:
    """A file that could not be read at all."""

    sentence: str
    line: int | None = None
    """Where, if one line is to blame."""


class _Unreadable(Exception):
    """Carries a `RosterProblem` out of the reading."""

    def __init__(self, sentence: str, line: int | None = None) -> None:
        super().__init__(sentence)
        self.problem = RosterProblem(sentence, line)


@dataclass(frozen=True, slots=True)
class _Table:
    """The file as cells: what separates them, and where each column stands."""

    lines: list[str]
    first: int
    """How many lines end with that of the titles."""
    separator: str
    titles: list[str]
    columns: Mapping[str, int]

    def cell(self, cells: list[str], column: str) -> str:
        """The text of a column in one row, "" where the row is too short or there is none."""
        position = self.columns.get(column, len(cells))
        return cells[position] if position < len(cells) else ""


def parse(content: bytes) -> Roster | RosterProblem:
    """The people in a CSV file, or why it cannot be read.

    The first line that is not blank names the columns: name, e-mail and, if wanted, role (member
    where it is missing or empty). A list without such a line is read in this order. At most
    `MAX_ROWS` people and `MAX_BYTES` bytes.
    """
    try:
        table = _table(_text(content))
        rows = tuple(_without_duplicates(_row(table, *found) for found in _found(table)))
    except _Unreadable as trouble:
        return trouble.problem
    if not rows:
        return RosterProblem("The file names the columns and nobody under them.")
    used = table.columns.values()
    return Roster(rows, tuple(t for i, t in enumerate(table.titles) if t and i not in used))


def _text(content: bytes) -> str:
    """The file as text with one newline at the end of each line, whatever computer wrote it.

    UTF-16 only with its byte order mark; anything else must be UTF-8.
    """
    if len(content) > MAX_BYTES:
        raise _Unreadable(f"The file is larger than {MAX_BYTES // 1024**2} MiB. Split it.")
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    encoding = "utf-16" if wide else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as trouble:
        # Counted in the text before, because in UTF-16 a byte 10 need not be the end of a line.
        line = _line_after(content[: trouble.start].decode(encoding, errors="replace"))
        raise _Unreadable(f"Line {line} is not UTF-8 text. {_SAVE_AS}", line) from trouble
    if "\0" in text:
        line = _line_after(text[: text.index("\0")])
        raise _Unreadable(f"Line {line} is not text. {_SAVE_AS}", line)
    return _with_newlines(text)


def _with_newlines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _line_after(before: str) -> int:
    return _with_newlines(before).count("\n") + 1


def _table(text: str) -> _Table:
    """Find the line of titles and what separates its cells."""
    lines = [line + "\n" for line in text.split("\n")]
    first = next((n for n, line in enumerate(lines, 1) if line.strip(' \t\n,;"')), None)
    if first is None:
        raise _Unreadable("The file is empty. It needs a line of titles and one for each person.")
    for separator in SEPARATORS:
        titles = [" ".join(cell.split()) for cell in _cells(lines[first - 1], separator)]
        columns = _columns(titles, first)
        if {"name", "email"} <= columns.keys():
            return _Table(lines, first, separator, titles, columns)
    for separator in SEPARATORS:
        cells = _cells(lines[first - 1], separator)
        if 2 <= len(cells) <= len(_WITHOUT_TITLES) and "@" in cells[1]:
            return _Table(lines, first - 1, separator, list(_WITHOUT_TITLES), _WITHOUT_TITLES)
    raise _Unreadable(
        f"Line {first} must name the columns: name, e-mail and, if wanted, role.", first
    )


def _cells(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator, strict=True))
    except csv.Error:
        return []


def _columns(titles: list[str], line: int) -> dict[str, int]:
    found: dict[str, int] = {}
    for position, title in enumerate(titles):
        column = _TITLES.get(title.casefold())
        if column in found:
            raise _Unreadable(f"Line {line} has two columns for the {column}.", line)
        if column:
            found[column] = position
    return found


def _found(table: _Table) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not blank, with the line on which it begins."""
    reader = csv.reader(table.lines[table.first :], delimiter=table.separator, strict=True)
    people = 0
    while True:
        line = table.first + reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as trouble:
            raise _Unreadable(
                f"Line {line} has a quotation mark that does not fit. Correct it.", line
            ) from trouble
        if any(cell.strip() for cell in cells):
            people += 1
            if people > MAX_ROWS:
                raise _Unreadable(f"The file has more than {MAX_ROWS:,} people. Split it.", line)
            yield line, cells


def _row(table: _Table, line: int, cells: list[str]) -> Row:
    name, email, role = (table.cell(cells, column) for column in ("name", "email", "role"))
    text = role.strip()
    given = _role(text)
    extras = roster_cells.read(lambda column: table.cell(cells, column))
    problem = (
        _width_problem(table, cells)
        or _formula_problem(name, email)
        or addresses.name_problem(name)
        or addresses.problem(email)
        or (_role_problem(text) if given is None else None)
        or (extras if isinstance(extras, str) else _cross_problem(extras, given, email))
    )
    return Row(
        line,
        name.strip(),
        email.strip(),
        given or Role.MEMBER,
        given.value if given else text,
        problem,
        gives_role=bool(text),
        extras=Extras() if isinstance(extras, str) else extras,
    )


def _cross_problem(extras: Extras, given: Role | None, email: str) -> str | None:
    if extras.kind is PersonKind.SERVICE and given is not Role.MEMBER:
        return "A service account is a member: it never signs in on pages."
    if extras.second and email_key(extras.second) == email_key(email):
        return "The second address is the first one. Enter another one, or none."
    return None


def _width_problem(table: _Table, cells: list[str]) -> str | None:
    if not any(cell.strip() for cell in cells[len(table.titles) :]):
        return None
    return (
        f"The row has {len(cells)} cells under {len(table.titles)} titles. "
        "Put quotation marks around a cell that holds the separator."
    )


def _formula_problem(name: str, email: str) -> str | None:
    """Refused rather than kept: nobody's name begins so, and later exports stay harmless."""
    for title, cell in (("name", name), ("e-mail", email)):
        if cell.startswith(FORMULA) or cell.strip().startswith(FORMULA):
            return f"The {title} begins like a formula of a spreadsheet. Type it as plain text."
    return None


def _role(text: str) -> Role | None:
    """The role that is meant; blanks, hyphens and case do not matter. None for no role at all."""
    wanted = text.casefold().replace(" ", "").replace("-", "")
    return next((role for role in Role if role.value == (wanted or Role.MEMBER.value)), None)


def _role_problem(text: str) -> str:
    shown = text if len(text) <= 30 else f"{text[:30]}…"
    return f"“{shown}” is not a role. Use {', '.join(role.value for role in Role)}."


def _without_duplicates(rows: Iterator[Row]) -> Iterator[Row]:
    """The rows, with a problem in each that repeats the address or the id of an earlier one."""
    first_lines: dict[tuple[str, str], int] = {}
    for row in rows:
        if row.problem is not None:
            yield row
            continue
        keys = [("address", row.key)]
        if row.extras.external_id:
            keys.append(("external id", row.extras.external_id))
        again = None
        for what, key in keys:
            first = first_lines.setdefault((what, key), row.line)
            if first != row.line:
                again = f"The {what} stands on line {first} already. Keep one of the two."
        yield replace(row, problem=again) if again else row
