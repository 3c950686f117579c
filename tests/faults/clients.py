"""Real HTTP clients: people with browsers, and an application with a key. Everything that decides
something is written down with its answer.
"""

import base64
import re
import time
from dataclasses import dataclass, field
from random import Random

import httpx2

from tests.faults.cast import NEW_PASSWORD, Member
from tests.faults.history import Act, Entry, History, Told
from tests.faults.service import Service
from twofold.api.access import PREFIX
from twofold.core.otp import step_at
from twofold.web.cookies import SESSION

PATIENCE = 20.0
"""Seconds that a client waits for an answer."""
CSRF = re.compile(r'name="csrf" value="([^"]+)"')
SECRET = re.compile(r"otpauth://[^\"]*?secret=([A-Z2-7]+)")
RECOVERY = re.compile(r"<li><code>([^<]+)</code></li>")
NOT_RIGHT = "did not work"
PASSWORD_SET = "Your password is set"


@dataclass
class Visitor:
    """One browser, or one application, of somebody."""

    service: Service
    history: History
    random: Random
    patience: float = PATIENCE
    http: httpx2.Client = field(init=False)
    broken: bool = False
    """Whether the last request got no answer."""

    def __post_init__(self) -> None:
        # Everybody comes from an address of their own, as behind a proxy.
        address = ".".join(str(self.random.randrange(1, 250)) for _ in range(4))
        self.http = httpx2.Client(
            timeout=self.patience,
            headers={"x-forwarded-for": address},
            trust_env=False,
            verify=False,  # Nothing is encrypted here, and reading certificates takes long.
        )

    def __enter__(self) -> "Visitor":
        return self

    def __exit__(self, *_error: object) -> None:
        self.http.close()

    def send(
        self, method: str, path: str, data: dict[str, str] | None = None, **more: object
    ) -> httpx2.Response | None:
        """The answer of any process, or None where none came."""
        port = self.random.choice(self.service.ports)
        try:
            answer = self.http.request(
                method,
                f"http://127.0.0.1:{port}{path}",
                data=data,
                **more,  # type: ignore[arg-type]
            )
        except httpx2.HTTPError:
            self.broken = True
            return None
        self.broken = False
        if answer.status_code >= 500 and (session_in(answer) or '"accepted"' in answer.text):
            self.history.leaks.append(f"{method} {path}: {answer.status_code} let somebody in")
        return answer

    def form(self, page: str, path: str, fields: dict[str, str]) -> httpx2.Response | None:
        """Send the form that stands on `page`."""
        shown = self.send("GET", page)
        token = CSRF.search(shown.text) if shown is not None else None
        if token is None:
            return shown
        return self.send("POST", path, {"csrf": token[1], **fields})

    def password(self, member: Member) -> httpx2.Response | None:
        """The first step of a sign-in."""
        return self.send("POST", "/sign-in", {"email": member.email, "password": member.password})

    def is_half(self, member: Member) -> bool:
        """Sign in up to the code."""
        answer = self.password(member)
        return answer is not None and answer.headers.get("location") == "/sign-in/code"

    def note(
        self, act: Act, member: Member, answer: httpx2.Response | None, **more: str | int
    ) -> Entry:
        """Write the answer down."""
        entry = Entry(
            act,
            member.id,
            told_by(act, answer),
            session=session_in(answer) if answer is not None else "",
            status=answer.status_code if answer is not None else 0,
            at=time.time(),
            **more,  # type: ignore[arg-type]
        )
        if entry.session:
            member.tokens.append(entry.session)
        return self.history.add(entry)

    def sign_in(self, member: Member) -> Entry | None:
        """Password and code; None where it did not come to a code."""
        if not self.is_half(member):
            return None
        step = member.new_step(time.time())
        if step is None:
            return None
        page = self.send("GET", "/sign-in/code")
        if page is None:
            return None
        return self.submit_code(member, page.text, member.code(step), step)

    def submit_code(self, member: Member, page: str, code: str, step: int) -> Entry:
        """The code, in the form of a page that was loaded before."""
        token = CSRF.search(page)
        fields = {"csrf": token[1] if token else "", "code": code}
        answer = self.send("POST", "/sign-in/code", fields)
        return self.note(Act.SIGN_IN, member, answer, proof=code, step=step)

    def recover(self, member: Member) -> Entry | None:
        """Password and a recovery code."""
        if not member.codes or not self.is_half(member):
            return None
        code = member.codes.pop()
        # It burns the present and the next step of the app.
        member.last_step = step_at(int(time.time())) + 2
        path = "/sign-in/code/recovery"
        answer = self.form(path, path, {"recovery_code": code})
        return self.note(Act.RECOVER, member, answer, proof=code)

    def guess(self, member: Member) -> Entry | None:
        """Password and a wrong code."""
        if not self.is_half(member):
            return None
        code = member.wrong(time.time() + self.random.randrange(100))
        code = f"{(int(code) + self.random.randrange(10**5)) % 10**6:06}"
        if code in {member.code(step_at(int(time.time())) + near) for near in range(-9, 10)}:
            return None
        answer = self.form("/sign-in/code", "/sign-in/code", {"code": code})
        return self.note(Act.WRONG, member, answer, proof=code)

    def save(self, member: Member) -> Entry | None:
        """Sign in with the password, set an app up, and save it."""
        if member.secret:
            return None
        answer = self.password(member)
        if answer is None or not session_in(answer):
            return None
        page = self.send("GET", "/profile/set-up")
        shown = SECRET.search(page.text) if page is not None else None
        token = CSRF.search(page.text) if page is not None else None
        if shown is None or token is None:
            return None
        pending = Member(member.id, member.email, member.external_id, secret=base32(shown[1]))
        step = step_at(int(time.time()))
        fields = {"csrf": token[1], "code": pending.code(step)}
        saved = self.send("POST", "/profile/set-up/save", fields)
        entry = self.note(
            Act.SAVE, member, saved, proof=shown[1], step=step, attempt=fields["code"]
        )
        if saved is not None and entry.told is Told.YES:
            member.secret, member.last_step = pending.secret, step
            member.codes = RECOVERY.findall(saved.text)
        return entry

    def sign_out(self, member: Member, token: str) -> Entry:
        """End a session."""
        self.http.cookies.set(SESSION, token, domain="127.0.0.1")
        answer = self.form("/sign-out", "/sign-out", {})
        entry = self.note(Act.REVOKE, member, answer, proof=token)
        if token in member.tokens:
            member.tokens.remove(token)
        return entry

    def use_link(self, member: Member) -> Entry:
        """Set a new password with a mailed link."""
        answer = self.send("POST", f"/password/{member.link}", {"password": NEW_PASSWORD})
        entry = self.note(Act.LINK, member, answer, proof=member.link)
        if entry.told is Told.YES:
            member.password = NEW_PASSWORD
        return entry

    def verify(
        self,
        key: str,
        member: Member,
        code: str,
        *,
        attempt: str = "",
        step: int = 0,
        act: Act = Act.VERIFY,
    ) -> Entry:
        """Have a code checked over the API."""
        headers = {"authorization": f"Bearer {key}"}
        if attempt:
            headers["idempotency-key"] = attempt
        answer = self.send(
            "POST",
            f"{PREFIX}/verifications",
            json={"external_id": member.external_id, "code": code},
            headers=headers,
        )
        return self.note(act, member, answer, proof=code, step=step, attempt=attempt)

    def is_open(self, token: str) -> bool | None:
        """Whether this session is open; None where nobody says."""
        answer = self.send("GET", "/profile", headers={"cookie": f"{SESSION}={token}"})
        if answer is None or answer.status_code >= 500:
            return None
        return answer.status_code == 200


def told_by(act: Act, answer: httpx2.Response | None) -> Told:
    """What an answer means to whoever asked for this."""
    if answer is None:
        return Told.UNKNOWN
    if answer.status_code >= 500:
        return Told.BUSY
    if act in (Act.VERIFY, Act.REPLAY):
        outcome = answer.json().get("outcome")
        return {"accepted": Told.YES, "refused": Told.NO}.get(outcome, Told.OTHER)
    if act is Act.REVOKE:
        ended = answer.request.method == "POST" and answer.headers.get("location") == "/sign-in"
        return Told.YES if ended else Told.OTHER
    if act is Act.LINK:
        return Told.YES if PASSWORD_SET in answer.text else Told.OTHER
    if session_in(answer):
        return Told.YES
    return Told.NO if answer.status_code == 422 and NOT_RIGHT in answer.text else Told.OTHER


def session_in(answer: httpx2.Response) -> str:
    """The session that an answer hands over, "" for none."""
    for cookie in answer.headers.get_list("set-cookie"):
        name, _, rest = cookie.partition("=")
        value = rest.split(";")[0].strip('"')
        if name == SESSION and value:
            return value
    return ""


def base32(text: str) -> bytes:
    """The key of a set-up page."""
    return base64.b32decode(text + "=" * (-len(text) % 8))
