"""The words for what goes wrong."""

from twofold.core.authenticators import AuthenticatorState, Totp
from twofold.core.errors import IllegalTransition, NotFound, TwofoldError


def test_a_docstring_is_the_message_unless_one_is_given() -> None:
    """One sentence either way."""
    assert str(NotFound()) == "There is nothing here, or it is not yours."
    assert str(IllegalTransition("Not from here.")) == "Not from here."
    assert str(TwofoldError()) == "Something went wrong."


def test_every_error_has_a_code_of_its_own() -> None:
    """For those who read by machine."""
    kinds = TwofoldError.__subclasses__()
    assert len({kind.code for kind in kinds} | {TwofoldError.code}) == len(kinds) + 1


def test_an_authenticator_prints_without_its_secret() -> None:
    """No traceback or log line can carry it (promise P5)."""
    totp = Totp(
        id="t1",
        account_id="a1",
        person_id="p1",
        state=AuthenticatorState.ACTIVE,
        secret=b"12345678901234567890",
        issuer="Acme",
        label="ann",
        created_at=0,
        begun_in="s1",
        confirmed_at=0,
        disabled_at=None,
        last_step=0,
        drift=0,
        last_offset=0,
    )
    assert repr(totp) == "Totp(id='t1', person_id='p1', state='active')"
    assert "1234" not in f"{totp} {[totp]}"
