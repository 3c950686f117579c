"""Files that ship with the product and are read at start."""

from importlib import resources


def load_common() -> frozenset[str]:
    """The passwords that are guessed first, as `core.passwords.folded` makes them.

    `common_passwords.txt` begins with where they come from, up to its first blank line; each line
    after it is one password. Raises `OSError` if the file is not there: without it nobody may set
    a password.
    """
    text = (resources.files(__name__) / "common_passwords.txt").read_text(encoding="utf-8")
    _, _, entries = text.partition("\n\n")
    return frozenset(entries.split())
