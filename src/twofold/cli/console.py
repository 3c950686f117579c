"""What the commands share in printing: times, tables, JSON."""

import json
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import click

from twofold.core.people import Instant


def moment(at: Instant) -> str:
    """A time as it is printed and as scripts read it: ISO 8601 in UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns wide enough for their content; control characters are shown as a question mark."""
    lines = [list(header), *([_plain(cell) for cell in row] for row in rows)]
    widths = [max(_width(line[column]) for line in lines) for column in range(len(header))]
    for line in lines:
        padded = (
            cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True)
        )
        click.echo("  ".join(padded).rstrip())


def print_json(rows: Sequence[Mapping[str, object]]) -> None:
    """A JSON array, one object per row."""
    click.echo(json.dumps(rows, ensure_ascii=False, indent=2))


def print_object(one: Mapping[str, object]) -> None:
    """One JSON object."""
    click.echo(json.dumps(one, ensure_ascii=False, indent=2))


def _plain(text: str) -> str:
    """A name out of an import file must not be able to move the cursor of a terminal."""
    return "".join("?" if unicodedata.category(char).startswith("C") else char for char in text)


def _width(text: str) -> int:
    """Terminal columns: wide East Asian characters take two, combining marks none."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )
