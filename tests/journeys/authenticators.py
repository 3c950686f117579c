"""Chromium's virtual authenticators, one per page: what stands in for a phone's finger sensor or a
security key in a USB port.
"""

from typing import Any

from playwright.sync_api import CDPSession, Page


class Authenticator:
    """One authenticator that the browser of a page can reach."""

    def __init__(self, page: Page, *, verifies: bool = True, resident: bool = True) -> None:
        """`verifies`: it knows its owner; `resident`: it keeps passkeys of its own."""
        self._cdp: CDPSession = page.context.new_cdp_session(page)
        self._cdp.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal" if verifies else "usb",
            "hasResidentKey": resident,
            "hasUserVerification": verifies,
            "isUserVerified": verifies,
            "automaticPresenceSimulation": True,
        }
        made = self._cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        self._id = made["authenticatorId"]

    def credentials(self) -> list[dict[str, Any]]:
        """What it holds."""
        found = self._cdp.send("WebAuthn.getCredentials", {"authenticatorId": self._id})
        return list(found["credentials"])

    def take(self, credentials: list[dict[str, Any]]) -> None:
        """Hold these too, as when the same security key is plugged into another computer."""
        for one in credentials:
            self._cdp.send(
                "WebAuthn.addCredential", {"authenticatorId": self._id, "credential": one}
            )

    def touch(self, *, is_near: bool) -> None:
        """Whether its owner touches it when it asks. Otherwise it waits: a browser that offers
        passkeys in the address field would be answered before anybody typed.
        """
        self._cdp.send(
            "WebAuthn.setAutomaticPresenceSimulation",
            {"authenticatorId": self._id, "enabled": is_near},
        )

    def unlock(self, *, is_right: bool) -> None:
        """Whether its owner unlocks it, by finger, face or PIN."""
        self._cdp.send(
            "WebAuthn.setUserVerified", {"authenticatorId": self._id, "isUserVerified": is_right}
        )
