"""A passkey in software, for people of the history: what browser and authenticator do together in
a WebAuthn ceremony (level 3, sections 6.1 and 6.5). Its private key ends with the process.
"""

import base64
import hashlib
import json
import os
from collections.abc import Mapping

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from twofold.core.passkeys import RelyingParty

PRESENT, VERIFIED, ELIGIBLE, BACKED_UP, HAS_KEY = 1, 4, 8, 16, 64
"""Flags of the authenticator data."""
_NO_MAKER = bytes(16)


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class SoftwareKey:
    """One credential, kept by a provider that copies it between devices."""

    def __init__(self, party: RelyingParty) -> None:
        """For this site alone."""
        self._party = party
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._id = os.urandom(32)
        self._owner = b""

    def create(self, options: str) -> str:
        """What `navigator.credentials.create` answers, as JSON."""
        asked = json.loads(options)
        self._owner = _bytes(asked["user"]["id"])
        data = self._data(HAS_KEY) + _NO_MAKER + len(self._id).to_bytes(2) + self._id + self._cose()
        # A map of three: {"fmt": "none", "attStmt": {}, "authData": data}, in CBOR (RFC 8949).
        made = b"\xa3" + b"cfmt" + b"dnone" + b"gattStmt" + b"\xa0" + b"hauthData"
        made += b"\x59" + len(data).to_bytes(2) + data
        answer = {
            "clientDataJSON": _text(self._said("webauthn.create", asked["challenge"])),
            "attestationObject": _text(made),
            "transports": ["internal", "hybrid"],
        }
        return self._credential(answer)

    def get(self, options: str) -> str:
        """What `navigator.credentials.get` answers, as JSON."""
        said = self._said("webauthn.get", json.loads(options)["challenge"])
        data = self._data(0)
        signature = self._key.sign(data + hashlib.sha256(said).digest(), ec.ECDSA(hashes.SHA256()))
        answer = {
            "clientDataJSON": _text(said),
            "authenticatorData": _text(data),
            "signature": _text(signature),
            "userHandle": _text(self._owner),
        }
        return self._credential(answer)

    def _said(self, kind: str, challenge: str) -> bytes:
        said = {
            "type": kind,
            "challenge": challenge,
            "origin": self._party.origin,
            "crossOrigin": False,
        }
        return json.dumps(said).encode()

    def _data(self, flags: int) -> bytes:
        """Synced keys do not count their uses: the counter stays 0."""
        flags |= PRESENT | VERIFIED | ELIGIBLE | BACKED_UP
        return hashlib.sha256(self._party.id.encode()).digest() + bytes([flags]) + bytes(4)

    def _cose(self) -> bytes:
        """The public key as a COSE map {1: 2, 3: -7, -1: 1, -2: x, -3: y} (RFC 9053)."""
        point = self._key.public_key().public_numbers()
        x, y = point.x.to_bytes(32), point.y.to_bytes(32)
        return b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20" + x + b"\x22\x58\x20" + y

    def _credential(self, response: Mapping[str, object]) -> str:
        own = _text(self._id)
        return json.dumps({"id": own, "rawId": own, "type": "public-key", "response": response})
