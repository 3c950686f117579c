"""Lists as files: CSV that no spreadsheet computes, and JSON, written as they are read."""

import csv
import io
import json
from collections.abc import AsyncIterator, Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""Starts that make a spreadsheet compute a cell; the wide ones do so in East Asian ones."""

Stretches = AsyncIterator[list[dict[str, object]]]


async def as_csv(columns: Sequence[str], stretches: Stretches) -> AsyncIterator[str]:
    """These columns of the entries, with a line of headings."""
    yield _lines([tuple(columns)])
    async for entries in stretches:
        yield _lines([tuple(_cell(entry[name]) for name in columns) for entry in entries])


def _lines(rows: list[tuple[str, ...]]) -> str:
    """Rows as RFC 4180 has them."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _cell(value: object) -> str:
    """The text of a cell that no spreadsheet takes for a formula (OWASP, CSV injection)."""
    text = _compact(value) if isinstance(value, dict) else "" if value is None else str(value)
    return "'" + text if text.startswith(_FORMULA) else text


async def as_json(stretches: Stretches) -> AsyncIterator[str]:
    """The entries as one array of objects."""
    separator = "["
    async for entries in stretches:
        for entry in entries:
            yield separator + "\n" + _compact(entry)
            separator = ","
    yield "\n]\n" if separator == "," else "[]\n"


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
