"""Logs: one JSON object per line on stderr, with secrets taken out on the way (promise P5).

The redaction is a second net. The first is that no code logs a secret at all; this one catches
what a library or a traceback brings along.
"""

import logging
import re
import sys
from collections.abc import Mapping
from typing import IO, Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

HIDDEN = "[hidden]"

_SECRET_NAMES = frozenset(
    {"authorization", "code", "cookie", "digits", "encoded", "key", "link", "password", "secret",
     "set-cookie", "set_cookie", "token"}
)  # fmt: skip

_SECRET_TEXTS = (
    (re.compile(r"(?<=://)[^/\s@]+@"), HIDDEN + "@"),  # the credentials in a URL
    (re.compile(r"otpauth://\S*", re.IGNORECASE), HIDDEN),
    (re.compile(r"\$argon2[^\s\"']*"), HIDDEN),
    (re.compile(r"twofold_[a-z]+_[A-Za-z0-9_-]{43}"), HIDDEN),  # keys of applications
    (re.compile(r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])"), HIDDEN),  # our tokens
    (re.compile(r"(?<![A-Z2-7])[A-Z2-7]{32}(?![A-Z2-7])"), HIDDEN),  # a Base32 secret of 160 bits
)


def configure(level: str = "INFO", stream: IO[str] | None = None) -> None:
    """Send structlog and the standard library's logging to `stream` (stderr) as JSON lines.

    `level` is that of our own lines; libraries are heard from warnings on, so that what `serve`
    prints for a person is not buried.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_formatter(shared))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("twofold").setLevel(level)


def _formatter(shared: list[Processor]) -> logging.Formatter:
    """Render foreign and own records alike; the redaction stands last before the JSON."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            redact,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=_as_text),
        ],
    )


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Hide values under secret names, and whatever looks like a secret in any text."""
    return {name: _hidden(name, value) for name, value in event.items()}


def _hidden(name: str, value: Any) -> Any:
    if name.lower() in _SECRET_NAMES:
        return HIDDEN
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, Mapping):
        return {str(inner): _hidden(str(inner), item) for inner, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_hidden("", item) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return scrub(_as_text(value))


def scrub(text: str) -> str:
    """`text` without credentials in URLs, otpauth URIs, hashes, tokens and Base32 secrets."""
    for pattern, replacement in _SECRET_TEXTS:
        text = pattern.sub(replacement, text)
    return text


def _as_text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
