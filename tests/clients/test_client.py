"""The Python client: three outcomes, and whatever is not accepted is no."""

import json
import socket
import threading

import pytest
from twofold_client import Answer, Problem, Twofold

from tests.clients.conftest import Served

FINE = {"outcome": "accepted", "retry_after": 0, "needed": "nothing", "page": None}


class Liar:
    """A server that answers each connection with the next of these bytes and hangs up."""

    def __init__(self, *answers: bytes) -> None:
        """`b""` hangs up without a word."""
        self.requests: list[bytes] = []
        self._answers = list(answers)
        self._sock = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._sock.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        for answer in self._answers:
            connection, _ = self._sock.accept()
            with connection:
                self.requests.append(read(connection))
                connection.sendall(answer)

    def close(self) -> None:
        """Stop listening."""
        self._sock.close()


def read(connection: socket.socket) -> bytes:
    """A whole request."""
    got = b""
    while b"\r\n\r\n" not in got:
        got += connection.recv(65536)
    head, _, body = got.partition(b"\r\n\r\n")
    length = next(
        (
            int(line[15:])
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length:")
        ),
        0,
    )
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def said(status: str, body: object, kind: str = "application/json") -> bytes:
    """An answer as it goes over the wire."""
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {len(text)}\r\n\r\n"
    return head.encode() + text


@pytest.fixture
def twofold(served: Served) -> Twofold:
    """A client of the real thing."""
    return Twofold(served.url, served.key)


def test_accepted_refused_and_what_is_needed(twofold: Twofold, served: Served) -> None:
    """From the real server."""
    acme, mia = served.site.acme, served.mia
    code = acme.code(mia)
    right, again = twofold.verify("u-17", code), twofold.verify("u-17", code)
    assert (right.accepted, right.refused, right.problem) == (True, False, "")
    assert (again.accepted, again.refused) == (False, True)
    for number in range(3):
        last = twofold.verify("u-17", acme.wrong(acme.active(mia), number))
    assert last.retry_after > 0
    assert twofold.verify("nobody", "123456").needed == "enrolment"


def test_a_retry_of_the_same_attempt_is_the_same_answer(twofold: Twofold, served: Served) -> None:
    """So an application may ask again after a lost answer."""
    code = served.site.acme.code(served.mia)
    first = twofold.verify("u-17", code)
    assert twofold.verify("u-17", code, attempt=first.attempt).accepted
    assert not twofold.verify("u-17", code).accepted


def test_a_whole_set_up(twofold: Twofold, served: Served) -> None:
    """Begun, confirmed, proved, changed, looked at."""
    acme = served.site.acme
    assert twofold.person("u-20") is None
    begun = twofold.begin_set_up("u-20", name="Gil", email="gil@shop.example")
    gil = acme.store.call(lambda tx: tx.people.by_email("gil@shop.example"))
    assert gil is not None
    pending = acme.pending(gil)
    refused, none = twofold.confirm("u-20", begun["id"], acme.wrong(pending))
    assert (refused.refused, none) == (True, [])
    assert pending is not None
    accepted, codes = twofold.confirm("u-20", begun["id"], acme.code_of(pending))
    assert (accepted.accepted, len(codes)) == (True, 10)
    served.site.clock.advance(60)
    proof = twofold.verify("u-20", acme.code(gil)).attempt
    assert len(twofold.make_recovery_codes("u-20", proof=proof)) == 10
    (one,) = twofold.authenticators("u-20")
    twofold.cancel_set_up("u-20", twofold.begin_set_up("u-20", proof=proof)["id"])
    twofold.remove_authenticator("u-20", one["id"], proof=proof)
    person = twofold.person("u-20")
    assert person is not None
    assert person["enrolled"] is False
    with pytest.raises(Problem) as refusal:
        twofold.make_recovery_codes("u-17", proof=proof)
    assert (refusal.value.status, refusal.value.kind) == (409, "needs-verification")


def test_a_wrong_key_is_a_failure_and_no_refusal(served: Served) -> None:
    """The operator hears of it; the person is not let in."""
    answer = Twofold(served.url, "twofold_key_" + "x" * 43).verify("u-17", "123456")
    assert (answer.accepted, answer.refused) == (False, False)
    assert answer.problem.startswith("401")


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"nonsense\r\n\r\n",
        said("200 OK", b"not json"),
        said("200 OK", b""),
        said("200 OK", b"null"),
        said("200 OK", [FINE]),
        said("200 OK", {"outcome": "refused"}),
        said("200 OK", {"outcome": True}),
        said("200 OK", {"accepted": True}),
        said("200 OK", {"outcome": "Accepted"}),
        said("403 Forbidden", FINE),
        said("201 Created", FINE),
        said("204 No Content", b""),
        said("302 Found\r\nlocation: http://127.0.0.1/", FINE),
        said("404 Not Found", {}),
        said("429 Too Many", {}),
        said("500 Internal", {}),
        said("503 Busy", FINE),
        said("200 OK", b" " * 300_000 + json.dumps(FINE).encode()),
        b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n" + json.dumps(FINE).encode(),
    ],
)
def test_whatever_else_comes_is_not_accepted(answer: bytes) -> None:
    """Garbage, redirects, halves, errors that claim to be fine."""
    liar = Liar(answer, answer)
    found = Twofold(liar.url, "k").verify("u-17", "123456")
    liar.close()
    assert not found.accepted
    assert found.problem


def test_no_answer_is_not_accepted() -> None:
    """Nobody listens, or nobody says a word in time."""
    silent = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{silent.getsockname()[1]}"
    late = Twofold(url, "k", timeout=0.2, retries=0).verify("u-17", "123456")
    silent.close()
    gone = Twofold(url, "k", timeout=0.2).verify("u-17", "123456")
    for found in (late, gone):
        assert (found.accepted, found.refused) == (False, False)
        assert found.problem


def test_a_lost_answer_is_asked_for_again_under_the_same_id() -> None:
    """Once, unless told otherwise; a refusal is not asked for again."""
    liar = Liar(b"", said("200 OK", FINE))
    assert Twofold(liar.url, "k").verify("u-17", "123456").accepted
    ids = {
        line
        for sent in liar.requests
        for line in sent.split(b"\r\n")
        if line.lower().startswith(b"idempotency-key:")
    }
    assert (len(liar.requests), len(ids)) == (2, 1)
    liar.close()


def test_an_answer_has_no_truth_value() -> None:
    """`if twofold.verify(…)` would let everybody in; it raises instead."""
    with pytest.raises(TypeError):
        bool(Answer(refused=True))


@pytest.mark.parametrize("url", ["http://login.example.org", "ftp://localhost", "login", ""])
def test_the_key_never_goes_over_plain_http(url: str) -> None:
    """Except on this machine."""
    with pytest.raises(ValueError, match="https"):
        Twofold(url, "k")
    assert "secret" not in repr(Twofold("http://localhost:1", "secret"))
