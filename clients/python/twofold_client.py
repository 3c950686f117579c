"""A client of Twofold's API in one file: Python 3.11 or newer, nothing else. Copy it.

    twofold = Twofold("https://login.example.org", key=os.environ["TWOFOLD_KEY"])
    answer = twofold.verify("u-17", request.form["code"])
    if answer.accepted:
        let_in()

An answer is accepted, refused, or failed. Whatever is not accepted is no: a timeout, an error of
the server, an answer that cannot be read. `verify` never raises, so nothing that goes wrong can be
taken for a yes by an `except` that is too wide.

Licence: Apache-2.0, as Twofold itself.
"""

import http.client
import json
import secrets
import ssl
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

LOOPBACK = ("localhost", "127.0.0.1", "::1")
LARGEST_ANSWER = 256 * 1024


@dataclass(frozen=True)
class Answer:
    """What became of a code. It has no truth value of its own: ask for `accepted`."""

    accepted: bool = False
    refused: bool = False
    retry_after: int = 0
    """After a refusal: seconds for which every code of this person is refused unread."""
    needed: str = "nothing"
    """After a refusal: what would help; see the table in Twofold's `docs/api.md`."""
    page: str = ""
    """After a refusal: where to send the person, if they must go to Twofold's own pages."""
    attempt: str = ""
    """The id of this attempt. After an accepted one it is the proof for changing a factor."""
    problem: str = ""
    """Neither accepted nor refused: what went wrong, for your log and not for the person."""

    def __bool__(self) -> bool:
        raise TypeError("Ask an Answer for .accepted")


class Problem(Exception):
    """A call other than `verify` and `confirm` did not do what it was asked for."""

    def __init__(self, status: int, kind: str, detail: str) -> None:
        """`status` is 0 where there was no answer; `kind` is the last word of its type."""
        super().__init__(detail)
        self.status, self.kind = status, kind


class Twofold:
    """One application's way to Twofold. May be used by many threads."""

    def __init__(
        self,
        url: str,
        key: str,
        *,
        timeout: float = 5,
        retries: int = 1,
        context: ssl.SSLContext | None = None,
    ) -> None:
        """`url` is Twofold's public address; http is taken for this machine alone."""
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port
        self._tls = parts.scheme == "https"
        is_here = parts.scheme == "http" and self._host in LOOPBACK
        if not self._host or not (self._tls or is_here):
            raise ValueError("Twofold is asked over https.")
        self._key, self._timeout, self._retries = key, timeout, retries
        self._context = context or (ssl.create_default_context() if self._tls else None)

    def __repr__(self) -> str:
        return f"Twofold({self._host!r})"

    # ---- the second step of a sign-in --------------------------------------------------------

    def verify(
        self,
        external_id: str,
        code: str,
        *,
        next_code: str = "",
        address: str = "",
        browser: str = "",
        attempt: str = "",
    ) -> Answer:
        """Is this code right? Ask only after the password was. Never raises.

        `browser` is a random id of at least 16 characters out of a cookie of your own.
        """
        attempt = attempt or secrets.token_urlsafe(24)
        body = {"external_id": external_id, "code": code}
        address = address if _is_address(address) else ""
        for name, value in (("next_code", next_code), ("address", address), ("browser", browser)):
            if value:
                body[name] = value
        try:
            status, found = self._tried("/verifications", body, attempt)
            return _answer(status, found, attempt)
        except Exception as problem:
            return Answer(problem=f"{type(problem).__name__}: {problem}", attempt=attempt)

    # ---- people and what they have -----------------------------------------------------------

    def person(self, external_id: str) -> dict[str, Any] | None:
        """How somebody stands; None for nobody."""
        try:
            return self._done("GET", _path(external_id))
        except Problem as problem:
            if problem.status == 404 and problem.kind == "no-person":
                return None
            raise

    def begin_set_up(
        self, external_id: str, *, name: str = "", email: str = "", proof: str = ""
    ) -> dict[str, Any]:
        """Begin a set-up: id, uri, key, qr_svg, entry. They are not shown again."""
        body = {"name": name, "email": email, **({"proof": proof} if proof else {})}
        return self._done("POST", _path(external_id, "set-ups"), body)

    def confirm(self, external_id: str, set_up_id: str, code: str) -> tuple[Answer, list[str]]:
        """A right code makes the set-up count; with the first recovery codes. Never raises."""
        try:
            path = _path(external_id, "set-ups", set_up_id, "confirm")
            status, found = self._ask("POST", path, {"code": code})
            answer = _answer(status, found, "")
            codes = found.get("recovery_codes", []) if answer.accepted else []
            return answer, [str(one) for one in codes]
        except Exception as problem:
            return Answer(problem=f"{type(problem).__name__}: {problem}"), []

    def cancel_set_up(self, external_id: str, set_up_id: str) -> None:
        """Throw a set-up away."""
        self._done("DELETE", _path(external_id, "set-ups", set_up_id))

    def authenticators(self, external_id: str) -> list[dict[str, Any]]:
        """The person's authenticator apps."""
        found: list[dict[str, Any]] = self._done("GET", _path(external_id, "authenticators"))[
            "authenticators"
        ]
        return found

    def remove_authenticator(self, external_id: str, authenticator_id: str, *, proof: str) -> None:
        """Remove one; `proof` is the attempt of an answer that was accepted."""
        path = _path(external_id, "authenticators", authenticator_id)
        self._done("DELETE", f"{path}?{urlencode({'proof': proof})}")

    def make_recovery_codes(self, external_id: str, *, proof: str) -> list[str]:
        """Ten new ones. All earlier ones are dead, and these are not shown again."""
        found = self._done("POST", _path(external_id, "recovery-codes"), {"proof": proof})
        return [str(one) for one in found["recovery_codes"]]

    # ---- the road ----------------------------------------------------------------------------

    def _tried(self, path: str, body: object, attempt: str) -> tuple[int, dict[str, Any]]:
        """Ask, and ask again where there was no answer. One attempt is charged once."""
        for left in reversed(range(self._retries + 1)):
            try:
                status, found = self._ask("POST", path, body, attempt)
            except (OSError, http.client.HTTPException):
                if not left:
                    raise
                continue
            if status < 500 or not left:
                return status, found
        raise OSError("there was no answer")

    def _done(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        try:
            status, found = self._ask(method, path, body)
        except (OSError, http.client.HTTPException, ValueError) as problem:
            raise Problem(0, "no-answer", f"{type(problem).__name__}: {problem}") from problem
        if 200 <= status < 300:
            return found
        kind = str(found.get("type", "")).rpartition(":")[2]
        raise Problem(status, kind, str(found.get("detail", f"status {status}")))

    def _ask(
        self, method: str, path: str, body: object = None, attempt: str = ""
    ) -> tuple[int, dict[str, Any]]:
        """One request on a connection of its own; a redirect is an answer like any other."""
        connection = self._connection()
        try:
            headers = {"Authorization": f"Bearer {self._key}", "Accept": "application/json"}
            if body is not None:
                headers["Content-Type"] = "application/json"
            if attempt:
                headers["Idempotency-Key"] = attempt
            sent = None if body is None else json.dumps(body).encode()
            connection.request(method, "/api/v1" + path, sent, headers)
            answer = connection.getresponse()
            text = answer.read(LARGEST_ANSWER + 1)
            if answer.length:  # More was announced than came.
                raise http.client.IncompleteRead(text, answer.length)
            if len(text) > LARGEST_ANSWER:
                raise ValueError("the answer is too large")
            found = json.loads(text) if text else {}
            if not isinstance(found, dict):
                raise ValueError("the answer is no object")
            return answer.status, found
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        if self._tls:
            return http.client.HTTPSConnection(
                self._host, self._port, timeout=self._timeout, context=self._context
            )
        return http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)


def _answer(status: int, found: dict[str, Any], attempt: str) -> Answer:
    """Accepted and refused have a status and a word each, and both must fit."""
    outcome = found.get("outcome")
    if status == 200 and outcome == "accepted":
        return Answer(accepted=True, attempt=attempt)
    if status == 403 and outcome == "refused":
        wait = found.get("retry_after")
        return Answer(
            refused=True,
            retry_after=wait if isinstance(wait, int) and wait > 0 else 0,
            needed=str(found.get("needed") or "nothing"),
            page=str(found.get("page") or ""),
            attempt=attempt,
        )
    return Answer(problem=f"{status}: {found.get('detail', 'no outcome')}", attempt=attempt)


def _is_address(text: str) -> bool:
    """What a socket of another kind calls its peer must not stop a sign-in."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _path(external_id: str, *more: str) -> str:
    return "/people/" + "/".join(quote(part, safe="") for part in (external_id, *more))
