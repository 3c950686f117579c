r"""Where a sign-in may lead back to: a path on this site and nothing else.

Attackers try `//evil`, `/\evil`, tabs, `@`, encoded variants and bare URLs to turn a sign-in
page into an open redirector (CVE-2021-32618, CVE-2023-49438, CVE-2022-1058).
"""

import re

MAX_PATH = 1024
_SAFE = re.compile(r"/(?![/\\])[A-Za-z0-9\-._~!$&'()*+,;=:@%/?]*")
_DECODES_TO_HOST = re.compile(r"/(?:%2f|%5c|%09|%0a|%0d)", re.IGNORECASE)


def safe_path(asked: str | None, default: str = "/") -> str:
    """`asked` if it is a plain path with an optional query on this site, else `default`.

    Allowed are only the characters that RFC 3986 allows in a path and a query: no backslash, no
    control character, no scheme, no host, no fragment, at most 1,024 characters.
    """
    if not asked or len(asked) > MAX_PATH:
        return default
    if not _SAFE.fullmatch(asked) or _DECODES_TO_HOST.match(asked):
        return default
    if asked.startswith(("/sign-in", "/sign-out")):
        return default
    return asked


def sets_up_anew(path: str) -> bool:
    """Whether a sign-in is on its way to a link that sets up anew. Such a link opens only
    between password and session, so a browser that is trusted may not pass over that state.
    """
    return path.startswith("/recover/")
