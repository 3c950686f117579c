"""Opaque tokens: kept as hashes, one kind per purpose."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from twofold.core.people import DAY, HOUR, MINUTE
from twofold.core.tokens import LINK_LIFETIME, RECOVERY_LIFETIME, Maker, Purpose, digest


def test_a_digest_is_the_hash_of_purpose_and_token() -> None:
    """32 bytes; the form is fixed, because stored tokens are found by it."""
    wanted = hashlib.sha256(b"twofold:enrol:abc").digest()
    assert digest(Purpose.ENROL, "abc") == wanted
    assert len(wanted) == 32


@given(st.text(max_size=50))
def test_no_purpose_stands_in_for_another(token: str) -> None:
    """The same token has another digest for each purpose."""
    assert len({digest(purpose, token) for purpose in Purpose}) == len(Purpose)


def test_every_link_has_a_lifetime_and_nothing_else_has() -> None:
    """In seconds; sessions and sign-ins have limits of their own."""
    assert LINK_LIFETIME == {
        Purpose.FIRST_ADMIN: 30 * MINUTE,
        Purpose.INVITATION: 14 * DAY,
        Purpose.ENROL: 14 * DAY,
        Purpose.PASSWORD: HOUR,
        Purpose.ADDRESS: HOUR,
        Purpose.BROWSER_LINK: 15 * MINUTE,
        Purpose.OPEN_BROWSER: 15 * MINUTE,
        Purpose.CODE_LINK: 15 * MINUTE,
        Purpose.WAIT: 15 * MINUTE,
    }
    assert set(Purpose) - set(LINK_LIFETIME) == {
        Purpose.SESSION,
        Purpose.SIGN_IN,
        Purpose.BROWSER,
        Purpose.RECOVERY,
        Purpose.PASSKEY,
        Purpose.STOP_WAIT,
        Purpose.API_KEY,
        Purpose.API_BROWSER,
        Purpose.SITE_BEGUN,
        Purpose.SITE_TICKET,
        Purpose.SITE_PASS,
    }
    assert RECOVERY_LIFETIME == {Maker.CONSOLE: HOUR, Maker.DESK: DAY, Maker.WAIT: DAY}
