"""The words for what goes wrong: one small tree; a class's docstring is its message.

Expected refusals of a flow are returned, not raised, because raising rolls the transaction back
and with it the failure count. What is raised here is a fault or a misuse.
"""


class TwofoldError(Exception):
    """Something went wrong."""

    code = "error"

    def __init__(self, message: str | None = None) -> None:
        """Say `message`, or what the class's docstring says."""
        super().__init__(message or (type(self).__doc__ or "").splitlines()[0])


class IllegalTransition(TwofoldError):
    """That step is not possible from here."""

    code = "illegal-transition"


class NotFound(TwofoldError):
    """There is nothing here, or it is not yours."""

    code = "not-found"


class Overloaded(TwofoldError):
    """Too much is waiting at the moment. Try again in a few seconds."""

    code = "overloaded"


class StorageUnavailable(TwofoldError):
    """The database does not answer, so nothing was changed. Try again in a moment."""

    code = "storage-unavailable"


class SettingsError(TwofoldError):
    """A setting cannot be used."""

    code = "settings"


class StartError(TwofoldError):
    """Twofold cannot start."""

    code = "start"


class SealError(TwofoldError):
    """A sealed value does not open with any key in the ring."""

    code = "seal"


class BackupError(TwofoldError):
    """A backup cannot be made or used."""

    code = "backup"


class KeysError(TwofoldError):
    """The sealing keys cannot be changed so."""

    code = "keys"
