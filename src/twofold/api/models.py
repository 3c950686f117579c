"""What is sent and answered, as FastAPI checks and documents it."""

from ipaddress import ip_address
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from twofold.core.roster_cells import MAX_EXTERNAL_ID
from twofold.core.verifications import Needed, Verdict


def _seen(text: str) -> str:
    if not text.isprintable():
        raise ValueError("Use letters, digits and signs that can be printed.")
    return text


def _address(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        raise ValueError("This is not an IP address.") from None


Seen = AfterValidator(_seen)
ExternalId = Annotated[
    str,
    Field(
        min_length=1,
        max_length=MAX_EXTERNAL_ID,
        description="What your application calls the person.",
    ),
    Seen,
]
Code = Annotated[
    str,
    Field(
        max_length=64,
        description="The code as it was typed: six digits, or a recovery code.",
        examples=["123456"],
    ),
]
Browser = Annotated[
    str,
    Field(
        min_length=16,
        max_length=200,
        description=(
            "A random id that your application keeps in a cookie of the person's browser. It "
            "chooses whose budget of wrong codes pays and proves nothing. Without it the request "
            "counts for all unknown browsers together."
        ),
    ),
    Seen,
]
Address = Annotated[
    str,
    Field(max_length=45, description="The IP address of the person, for the history and mails."),
    AfterValidator(_address),
]


class Model(BaseModel):
    """Nothing that is not named here, and never a value in an error."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, frozen=True)


class ProblemBody(BaseModel):
    """What went wrong (RFC 9457)."""

    model_config = ConfigDict(title="Problem")

    type: str
    title: str
    status: int
    detail: str = Field(description="What to do.")
    errors: list["FieldProblem"] | None = None


class FieldProblem(BaseModel):
    """One field and what is wrong with it."""

    field: str
    message: str


class VerificationRequest(Model):
    """A code that somebody typed after your application has checked their password."""

    external_id: ExternalId
    code: Code
    next_code: Code | None = Field(
        default=None, description="The code after it, where two consecutive ones are needed."
    )
    address: Address | None = None
    browser: Browser | None = None


class VerificationAnswer(Model):
    """Only `accepted` is yes."""

    outcome: Verdict
    retry_after: int = Field(
        description="Seconds for which every code of this person is refused unread; 0 for none."
    )
    needed: Literal["nothing", "two-codes", "link", "set-up", "passkey", "enrolment"] = Field(
        description="What would help. It says nothing about the code."
    )
    page: str | None = Field(
        description="Where to send the person, if what is needed happens on Twofold's own pages."
    )


ON_OUR_PAGES = frozenset({Needed.LINK, Needed.SET_UP, Needed.PASSKEY})
"""What an application cannot do for the person."""


Proof = Annotated[
    str,
    Field(
        min_length=8,
        max_length=128,
        description=(
            "The Idempotency-Key of an accepted verification of the person, of the last five "
            "minutes and by your application. Needed once they have a second factor."
        ),
    ),
]


class PersonAnswer(BaseModel):
    """How somebody stands."""

    external_id: str
    name: str
    email: str
    disabled: bool
    enrolled: bool = Field(description="They have a second factor: ask for it.")
    requirement: Literal["none", "remind", "enrol"] = Field(
        description="What is asked of somebody without one: nothing, soon, or before going on."
    )
    due_at: int | None = Field(description="When it is due, in seconds since 1970 (UTC).")
    authenticators: int
    passkeys: int
    recovery_codes: int = Field(description="How many are left.")


class SetUpRequest(Model):
    """Whom to set up. Name and address are needed for somebody new, and ignored otherwise."""

    name: str = Field(default="", max_length=200)
    email: str = Field(default="", max_length=254)
    proof: Proof | None = None


class SetUpAnswer(BaseModel):
    """A set-up that waits for its first code. Nothing of this is shown again."""

    id: str
    uri: str = Field(description="What the QR code holds: otpauth://…")
    key: str = Field(description="The same for typing.")
    qr_svg: str = Field(description="The QR code as an SVG element. Show it on white, at 200 px.")
    entry: str = Field(description="What the app will call the entry.")


class ConfirmRequest(Model):
    """The code that the app shows after the set-up."""

    code: Code


class ConfirmAnswer(BaseModel):
    """The set-up counts from now on."""

    outcome: Literal["accepted"]
    authenticator_id: str
    recovery_codes: list[str] = Field(
        description="Show them once, and have them stored. Empty where the person has some."
    )


class AuthenticatorAnswer(BaseModel):
    """One authenticator app."""

    id: str
    name: str
    entry: str = Field(description="What the app calls it.")
    confirmed_at: int
    disabled: bool


class AuthenticatorsAnswer(BaseModel):
    """The person's authenticator apps, the oldest first."""

    authenticators: list[AuthenticatorAnswer]


class CodesRequest(Model):
    """Who asks for new recovery codes."""

    proof: Proof


class CodesAnswer(BaseModel):
    """Ten recovery codes. All earlier ones are dead, and these are not shown again."""

    recovery_codes: list[str]
