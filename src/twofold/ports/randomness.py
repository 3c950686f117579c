"""The port of randomness."""

from typing import Protocol


class Random(Protocol):
    """The only source of randomness: the operating system's, or a seeded one in tests."""

    def token(self) -> str:
        """256 bits as 43 characters of URL-safe base64."""
        ...

    def secret(self) -> bytes:
        """160 bits for a TOTP secret (RFC 4226 section 4, R6)."""
        ...

    def new_id(self) -> str:
        """An id that sorts by the time it was made (UUID version 7, RFC 9562, as text)."""
        ...
