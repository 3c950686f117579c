"""What docs/mutation.md says about the mutants that no test notices."""

import re
from pathlib import Path

from tests.mutation.targets import ROOT

PAGE = ROOT / "docs" / "mutation.md"

_ENTRY = re.compile(r"^- (`[\w.]+`: `(.+)` → (?:`.+`|nothing)) —", re.MULTILINE)


def one_line(name: str, difference: str) -> str:
    """A mutant as it is named on the page: its function, the line as it was, and as it became."""
    function = name.rpartition("__mutmut_")[0].rpartition(".")[2]
    function = function.removeprefix("xǁ").removeprefix("x_").replace("ǁ", ".")
    body = difference.splitlines()[2:]
    old, new = (
        " ".join(" ".join(line[1:] for line in body if line[:1] == sign).split()) for sign in "-+"
    )
    return f"`{function}`: `{old}` → {f'`{new}`' if new else 'nothing'}"


def explained(page: Path = PAGE) -> dict[str, str]:
    """The mutants that the page explains, each with the line as it is in the product."""
    return dict(_ENTRY.findall(page.read_text(encoding="utf-8")))
