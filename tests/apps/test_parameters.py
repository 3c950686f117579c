"""What programs do with parameters that Twofold never asks for, and why it does not."""

import pytest

from tests.apps.programs import Entry, installed
from tests.apps.record import HONOURED, IGNORED, PARAMETERS, Table, note, takes_parameters

KEY = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
KEY_256 = f"{KEY}GEZDGNBVGY3TQOJQGEZA"
KEY_512 = f"{KEY}{KEY}{KEY}GEZDGNA"
AT = "@2005-03-18 01:58:29"
"""1111111109 seconds since the epoch, a moment of the table in RFC 6238, appendix B."""
BY_DEFAULT = "081804"
CASES = {
    "SHA-256": (KEY_256, "algorithm=SHA256&digits=8", "68084774"),
    "SHA-512": (KEY_512, "algorithm=SHA512&digits=8", "25091201"),
    "8 digits": (KEY, "digits=8", "07081804"),
    "60 seconds": (KEY, "period=60", "360094"),
}
"""Keys, parameters and codes of the RFC; the last one by oathtool."""


@pytest.mark.parametrize("program", takes_parameters())
def test_what_a_program_does_with_parameters(program: str) -> None:
    """All compute the default alike; other parameters are honoured by some and not by others."""
    uris = [uri_of(key, parameters) for key, parameters, _ in CASES.values()]
    entries = [Entry(uri, "", "", "") for uri in (uri_of(KEY, "digits=6"), *uris)]
    with installed(program, entries) as phone:
        default, *shown = [one.code for one in phone.show(AT)]
    assert default == BY_DEFAULT
    for parameter, code in zip(PARAMETERS, shown, strict=True):
        right = CASES[parameter][2]
        note(Table.PARAMETERS, program, parameter, HONOURED if code == right else IGNORED)


def uri_of(key: str, parameters: str) -> str:
    """A URI as other products make it; pass-otp needs names that differ."""
    return f"otpauth://totp/Example:{parameters}?secret={key}&issuer=Example&{parameters}"
