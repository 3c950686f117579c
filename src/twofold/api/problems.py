"""What goes wrong, as `application/problem+json` (RFC 9457): a status and what to do."""

import json
from collections.abc import Mapping, Sequence

from starlette.responses import Response

PROBLEM_JSON = "application/problem+json"
TITLES = {
    400: "The request cannot be read",
    401: "The key is missing or opens nothing",
    403: "The application may not do this",
    404: "There is nothing here",
    405: "This route has no such method",
    409: "That is not possible as things stand",
    413: "The body is too large",
    415: "The body is not JSON",
    422: "Something in the request cannot be used",
    500: "Something failed here",
    503: "Too much is waiting",
}


class Problem(Exception):
    """An answer that is no success."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        kind: str = "",
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """`detail` says what to do; `kind` is a word that programs may tell cases apart by."""
        super().__init__(detail)
        self.status, self.detail, self.kind = status, detail, kind
        self.errors, self.headers = errors, dict(headers or {})

    def response(self) -> Response:
        """The answer."""
        title = TITLES[self.status]
        body: dict[str, object] = {
            "type": f"urn:twofold:problem:{self.kind}" if self.kind else "about:blank",
            "title": title,
            "status": self.status,
            "detail": self.detail,
        }
        if self.errors:
            body["errors"] = list(self.errors)
        return Response(json.dumps(body), self.status, self.headers, PROBLEM_JSON)


def no_key() -> Problem:
    """Nobody is told whether a key was ended or never was."""
    return Problem(
        401,
        "Send the key of your application: Authorization: Bearer twofold_key_…",
        kind="no-key",
        headers={"www-authenticate": "Bearer"},
    )


def no_scope(scope: str) -> Problem:
    """The key is good for other things."""
    return Problem(403, f"The application needs the scope “{scope}” for this.", kind="no-scope")


def nobody() -> Problem:
    """Nobody of this account has the id; people of other accounts do not exist."""
    return Problem(404, "Nobody here has this external id.", kind="no-person")
