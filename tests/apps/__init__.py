"""Real authenticator programs and QR code readers against the real product."""
