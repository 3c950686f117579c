"""How names, times and foreign text read in a mail: the Jinja2 filters of the templates.

Names come from imports and forms, and `browser` from a request's header. Nothing in them may
start a header, hide the reading direction of what follows, or put an attacker's link into a
mail that carries our name.
"""

import ipaddress
import re
import textwrap
import unicodedata
from datetime import UTC, datetime

from twofold.core.people import Instant

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_JOINERS = "\u200c\u200d"
"""Format characters that names in Persian, Hindi and others really need."""
_RIGHT_TO_LEFT = ("R", "AL", "AN")
_ISOLATE, _END_ISOLATE = "\u2068", "\u2069"
_FOREIGN_LENGTH = 80
_SUBJECT_NAME_LENGTH = 60
COLUMNS = 76
"""Characters in a line of plain text."""


def clock_time(at: Instant) -> str:
    """`at` (seconds since the epoch) as `Tue 24 Nov 2026, 14:32 UTC`, in every locale."""
    moment = datetime.fromtimestamp(at, UTC)
    day = f"{DAYS[moment.weekday()]} {moment.day} {MONTHS[moment.month - 1]} {moment.year}"
    return f"{day}, {moment:%H:%M} UTC"


def one_line(text: object) -> str:
    """`text` without line breaks, control characters and bidirectional overrides."""
    kept = (
        char if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
        or char in _JOINERS else " "
        for char in str(text)
    )  # fmt: skip
    return " ".join("".join(kept).split())


def isolated(text: str) -> str:
    """`text` for plain text: a right-to-left name cannot turn the words around it (UAX 9)."""
    if any(unicodedata.bidirectional(char) in _RIGHT_TO_LEFT for char in text):
        return f"{_ISOLATE}{text}{_END_ISOLATE}"
    return text


def shortened(text: str) -> str:
    """`text` cut to what a subject line can show of a name."""
    if len(text) <= _SUBJECT_NAME_LENGTH:
        return text
    return text[: _SUBJECT_NAME_LENGTH - 1].rstrip() + "…"


def foreign(text: object) -> str:
    """Text that a stranger may have chosen, such as a browser's name: short and without links.

    Mail programs make links of whatever looks like an address, so nothing may look like one.
    """
    without_marks = re.sub(r"[/\\@<>]|:(?=\D)|\.(?=[^\W\d])", " ", one_line(text))
    return " ".join(without_marks.split())[:_FOREIGN_LENGTH].strip() or "not known"


def network_address(text: object) -> str:
    """An IP address as it is; anything else as foreign text."""
    try:
        return str(ipaddress.ip_address(str(text)))
    except ValueError:
        return foreign(text)


def wrapped(text: str) -> str:
    """Plain text with its paragraphs filled to a readable width.

    Lines that begin with a blank (links, lists, facts) stay as they are, so that no link is ever
    broken.
    """
    blocks: list[str] = []
    paragraph: list[str] = []
    for line in [*text.strip().splitlines(), ""]:
        if line and not line.startswith(" "):
            paragraph.append(line)
            continue
        if paragraph:
            blocks.append(_filled(paragraph))
            paragraph = []
        blocks.append(line.rstrip())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(blocks)).strip() + "\n"


def wrapped_lines(text: str) -> str:
    """Plain text of which each line stays one, filled to a readable width where it is longer."""
    lines = [line if line.startswith(" ") else _filled([line]) for line in text.splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


def _filled(lines: list[str]) -> str:
    return textwrap.fill(" ".join(lines), COLUMNS, break_long_words=False, break_on_hyphens=False)
