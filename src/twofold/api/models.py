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
