"""Twofold: two-factor sign-in for a whole organisation, self-hosted."""

__version__ = "0.1.0"
