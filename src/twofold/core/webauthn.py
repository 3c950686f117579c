"""The WebAuthn library, behind values of our own. No other file imports it.

Everything here is pure: an answer of a browser goes in with what is expected of it, and out comes
what must be stored, or why it is refused. Whatever goes wrong inside the library is a refusal
(promise P6). The answer is read here, strictly: base64url in its one canonical form, nothing
missing. The library checks type, challenge, origin, relying party, presence and signature; what it
leaves alone (frames of other sites, the counter as evidence of a copy) is checked by us.
"""

import base64
import binascii
import json
from dataclasses import dataclass

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import encode_cbor, parse_cbor
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AuthenticationCredential,
    AuthenticatorAssertionResponse,
    AuthenticatorAttestationResponse,
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    RegistrationCredential,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from twofold.core.passkeys import CHALLENGE_LIFETIME, Passkey, RelyingParty, Trouble
from twofold.core.people import Person

ALGORITHMS = [
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]
LONGEST_ANSWER = 16 * 1024
"""Characters of what a browser sends. A real answer has one to three thousand."""
LONGEST_ID = 1023
"""Bytes of a credential id (level 3, section 4)."""
LONGEST_KEY = 2048


@dataclass(frozen=True, slots=True)
class Answer:
    """What a browser sent back, taken apart; nothing of it is believed yet."""

    credential_id: bytes
    client_data: bytes
    challenge: str
    """As it stands in the client data."""
    authenticator_data: bytes
    """Of an assertion; for a set-up the attestation object."""
    signature: bytes
    user_handle: bytes | None
    transports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asserted:
    """A right answer, and what must be stored."""

    sign_count: int
    user_verified: bool
    backed_up: bool


@dataclass(frozen=True, slots=True)
class Made:
    """A right set-up, and what must be stored."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    aaguid: str
    synced: bool
    backed_up: bool


def creation_options(
    party: RelyingParty, *, challenge: str, person: Person, name: str, having: list[Passkey]
) -> str:
    """For `navigator.credentials.create`, as JSON. `name` is the organisation's; `having` are the
    passkeys that the person has, so that no authenticator makes a second one.
    """
    return options_to_json(
        generate_registration_options(
            rp_id=party.id,
            rp_name=name,
            user_id=person.id.encode(),
            user_name=person.email,
            user_display_name=person.name,
            challenge=_decoded(challenge),
            timeout=CHALLENGE_LIFETIME * 1000,
            attestation=AttestationConveyancePreference.NONE,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.PREFERRED,
                user_verification=UserVerificationRequirement.PREFERRED,
            ),
            exclude_credentials=_descriptors(having),
            supported_pub_key_algs=ALGORITHMS,
        )
    )


def request_options(
    party: RelyingParty, *, challenge: str, having: list[Passkey], must_verify: bool
) -> str:
    """For `navigator.credentials.get`, as JSON. Without `having` any passkey of this site may
    answer, so that nothing tells who exists.
    """
    required, preferred = (
        UserVerificationRequirement.REQUIRED,
        UserVerificationRequirement.PREFERRED,
    )
    return options_to_json(
        generate_authentication_options(
            rp_id=party.id,
            challenge=_decoded(challenge),
            timeout=CHALLENGE_LIFETIME * 1000,
            allow_credentials=_descriptors(having),
            user_verification=required if must_verify else preferred,
        )
    )


def _descriptors(having: list[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=one.credential_id,
            transports=[AuthenticatorTransport(word) for word in one.transports] or None,
        )
        for one in having
    ]


def read_answer(text: str, *, made: bool = False) -> Answer | None:
    """What a browser sent, as the JSON of a `PublicKeyCredential`; None unless it is whole and in
    the one form that the standard gives it. `made` for a set-up.
    """
    if len(text) > LONGEST_ANSWER:
        return None
    try:
        sent = json.loads(text)
        response = sent["response"]
        client_data = _decoded(response["clientDataJSON"])
        said = json.loads(client_data)
        handle = response.get("userHandle")
        answer = Answer(
            credential_id=_decoded(sent["id"]),
            client_data=client_data,
            challenge=_text(said["challenge"]),
            authenticator_data=_decoded(
                response["attestationObject" if made else "authenticatorData"]
            ),
            signature=b"" if made else _decoded(response["signature"]),
            user_handle=None if handle is None else _decoded(handle),
            transports=_transports(response.get("transports")),
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    whole = sent["id"] == sent.get("rawId") and sent.get("type") == "public-key"
    return answer if whole and 0 < len(answer.credential_id) <= LONGEST_ID else None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _decoded(value: object) -> bytes:
    """base64url without padding, in the one form that there is for these bytes (RFC 4648)."""
    text = _text(value)
    found = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if base64.urlsafe_b64encode(found).rstrip(b"=") != text.encode("ascii"):
        raise binascii.Error
    return found


def _encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _transports(words: object) -> tuple[str, ...]:
    known = {one.value for one in AuthenticatorTransport}
    if not isinstance(words, list):
        return ()
    return tuple(sorted({word for word in words if isinstance(word, str) and word in known}))


def check_assertion(
    answer: Answer,
    *,
    expected_party: RelyingParty,
    expected_challenge: str,
    public_key: bytes,
    must_verify: bool,
) -> Asserted | Trouble:
    """Whether the answer is right, apart from its counter, which the caller compares."""
    if (trouble := _where_from(answer, expected_party)) is not None:
        return trouble
    try:
        found = verify_authentication_response(
            credential=AuthenticationCredential(
                id=_encoded(answer.credential_id),
                raw_id=answer.credential_id,
                response=AuthenticatorAssertionResponse(
                    client_data_json=answer.client_data,
                    authenticator_data=answer.authenticator_data,
                    signature=answer.signature,
                    user_handle=answer.user_handle,
                ),
            ),
            expected_challenge=_decoded(expected_challenge),
            expected_rp_id=expected_party.id,
            expected_origin=expected_party.origin,
            credential_public_key=public_key,
            # Not the stored one: a counter that went back has to be told from a wrong signature.
            credential_current_sign_count=0,
        )
    except Exception:  # P6: whatever went wrong inside the check, the answer is no.
        return Trouble.NOT_VERIFIED
    if must_verify and not found.user_verified:
        return Trouble.NO_USER_VERIFICATION
    return Asserted(found.new_sign_count, found.user_verified, found.credential_backed_up)


def check_made(
    answer: Answer, *, expected_party: RelyingParty, expected_challenge: str
) -> Made | Trouble:
    """Whether a set-up is right. What an authenticator says about its own make is not asked for,
    so such a statement is taken off unread: there is no certificate to trust or to time.
    """
    if (trouble := _where_from(answer, expected_party)) is not None:
        return trouble
    try:
        bare = {"fmt": "none", "attStmt": {}}
        bare["authData"] = parse_cbor(answer.authenticator_data)["authData"]
        found = verify_registration_response(
            credential=RegistrationCredential(
                id=_encoded(answer.credential_id),
                raw_id=answer.credential_id,
                response=AuthenticatorAttestationResponse(
                    client_data_json=answer.client_data, attestation_object=encode_cbor(bare)
                ),
            ),
            expected_challenge=_decoded(expected_challenge),
            expected_rp_id=expected_party.id,
            expected_origin=expected_party.origin,
            supported_pub_key_algs=ALGORITHMS,
        )
    except Exception:  # P6
        return Trouble.NOT_VERIFIED
    if found.credential_id != answer.credential_id or len(found.credential_public_key) > (
        LONGEST_KEY
    ):
        return Trouble.NOT_VERIFIED
    return Made(
        found.credential_id,
        found.credential_public_key,
        found.sign_count,
        found.aaguid,
        found.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
        found.credential_backed_up,
    )


def _where_from(answer: Answer, party: RelyingParty) -> Trouble | None:
    """Exactly from our own pages, and not from a frame inside another site (level 3, section
    13.4.9); the library looks at neither `crossOrigin` nor `topOrigin`.
    """
    said = json.loads(answer.client_data)
    if said.get("crossOrigin", False) is not False or "topOrigin" in said:
        return Trouble.CROSS_ORIGIN
    return None if said.get("origin") == party.origin else Trouble.ORIGIN
