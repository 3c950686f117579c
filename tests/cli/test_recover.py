"""`twofold recover`: the link alone on standard output, a sentence for whom it cannot help."""

import re

from tests.cli.conftest import Run


def test_it_says_for_whom_it_cannot_help(account: Run) -> None:
    """Somebody without an authenticator needs no link, and a stranger gets none."""
    none = account("recover", "--email", "ann@example.org")
    assert none.sentence == "Ann Owner has no authenticator: the password is enough."
    stranger = account("recover", "--email", "nobody@example.org")
    assert stranger.sentence == "Nobody who may sign in has this address."
    assert (none.status, none.out, stranger.out) == (1, "", "")
    assert not re.search("/recover/", none.err + stranger.err)
