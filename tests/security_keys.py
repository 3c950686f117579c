"""A security key in software, for the tests of the flows: what a browser and an authenticator do
together in a WebAuthn ceremony, with every part open to be got wrong on purpose.
"""

import base64
import hashlib
import json
import os
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

NO_MAKER = bytes(16)
PRESENT, VERIFIED, ELIGIBLE, BACKED_UP, HAS_KEY = 1, 4, 8, 16, 64


def encoded(value: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """The bytes of base64url without padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class SecurityKey:
    """One authenticator with one credential."""

    origin: str
    rp_id: str
    aaguid: bytes = NO_MAKER
    synced: bool = False
    backed_up: bool = False
    verifies: bool = True
    """Whether it knows its owner: a PIN, a finger, a face."""
    counts: bool = True
    extra: dict[str, Any] = field(default_factory=dict)
    """Put into the client data, over what belongs there."""
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    credential_id: bytes = field(default_factory=lambda: os.urandom(32))
    handle: bytes = b""
    count: int = 0

    def create(self, options: str) -> str:
        """What `navigator.credentials.create` answers, as JSON."""
        asked = json.loads(options)
        self.handle = decoded(asked["user"]["id"])
        client_data = self._client_data("webauthn.create", asked["challenge"])
        attested = self.aaguid + len(self.credential_id).to_bytes(2) + self.credential_id
        made = {
            "fmt": "none",
            "attStmt": {},
            "authData": self._data(HAS_KEY) + attested + cbor2.dumps(self._cose()),
        }
        response = {
            "clientDataJSON": encoded(client_data),
            "attestationObject": encoded(cbor2.dumps(made)),
            "transports": ["usb", "nfc"],
        }
        return self._credential(response)

    def get(self, options: str, *, handle: bool = True) -> str:
        """What `navigator.credentials.get` answers, as JSON."""
        client_data = self._client_data("webauthn.get", json.loads(options)["challenge"])
        data = self._data(0)
        signed = data + hashlib.sha256(client_data).digest()
        response = {
            "clientDataJSON": encoded(client_data),
            "authenticatorData": encoded(data),
            "signature": encoded(self.key.sign(signed, ec.ECDSA(hashes.SHA256()))),
        }
        if handle:
            response["userHandle"] = encoded(self.handle)
        return self._credential(response)

    def _client_data(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(said | self.extra).encode()

    def _data(self, flags: int) -> bytes:
        self.count += self.counts
        flags |= PRESENT | VERIFIED * self.verifies
        flags |= ELIGIBLE * self.synced | BACKED_UP * self.backed_up
        return (
            hashlib.sha256(self.rp_id.encode()).digest() + bytes([flags]) + self.count.to_bytes(4)
        )

    def _cose(self) -> dict[int, Any]:
        point = self.key.public_key().public_numbers()
        return {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32), -3: point.y.to_bytes(32)}

    def _credential(self, response: dict[str, Any]) -> str:
        own = encoded(self.credential_id)
        return json.dumps({"id": own, "rawId": own, "type": "public-key", "response": response})
