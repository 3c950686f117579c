"""Files that ship with the product and are read at start."""

from importlib import resources

from twofold.core.apps import Catalogue
from twofold.core.catalogue import parsed


def load_common() -> frozenset[str]:
    """The passwords that are guessed first, as `core.passwords.folded` makes them.

    `common_passwords.txt` begins with where they come from, up to its first blank line; each line
    after it is one password. Raises `OSError` if the file is not there: without it nobody may set
    a password.
    """
    _, _, entries = _text("common_passwords.txt").partition("\n\n")
    return frozenset(entries.split())


def load_apps() -> Catalogue:
    """The catalogue of authenticator apps from `apps.toml`.

    Raises `OSError` if the file is not there, `core.catalogue.CatalogueError` if it says nonsense.
    """
    return parsed(_text("apps.toml"))


def _text(name: str) -> str:
    return (resources.files(__name__) / name).read_text(encoding="utf-8")
