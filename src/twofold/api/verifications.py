"""The route that runs at every sign-in of an application: is this code right?"""

from starlette.background import BackgroundTask
from starlette.responses import Response

from twofold.api.access import Asked, Call, Endpoint
from twofold.api.models import ON_OUR_PAGES, VerificationAnswer, VerificationRequest
from twofold.api.problems import Problem
from twofold.core.applications import Scope
from twofold.core.people import Instant
from twofold.core.verifications import Verification, is_attempt
from twofold.flows import verifications
from twofold.flows.proofs import Typed
from twofold.flows.verifications import AttemptReused

REFUSED = 403


async def verify(body: VerificationRequest, call: Asked) -> Response:
    """Check a code of the person.

    200 with `accepted`, 403 with `refused`; everything else is an error. Let nobody in on
    anything but `accepted`.
    """
    typed = Typed(body.code, body.next_code or "")
    done = await call.run(
        verifications.verify,
        asked=verifications.Asked(
            body.external_id,
            typed,
            address=body.address or "",
            browser=body.browser or "",
            attempt=attempt_of(call),
        ),
    )
    if isinstance(done, AttemptReused):
        raise Problem(
            422,
            "This Idempotency-Key was used for another attempt. Make a new one for each.",
            kind="attempt-reused",
        )
    answer = answer_of(done.verification, call.world.clock.now(), call.world.public_url)
    response = Response(
        answer.model_dump_json(),
        200 if done.verification.is_accepted else REFUSED,
        {"retry-after": str(answer.retry_after)} if answer.retry_after else None,
        "application/json",
    )
    if done.attempt_id:
        response.background = BackgroundTask(
            call.explainer.explain, done.attempt_id, typed.first, typed.second
        )
    return response


def attempt_of(call: Call) -> str:
    """The id of the attempt, "" without one. Raises `Problem`."""
    given = call.headers.getlist("idempotency-key")
    if not given:
        return ""
    if len(given) > 1 or not is_attempt(given[0]):
        raise Problem(
            422, "An Idempotency-Key has 8 to 128 letters, digits or signs, without blanks."
        )
    return given[0]


def answer_of(found: Verification, now: Instant, public_url: str) -> VerificationAnswer:
    """The answer as it is sent."""
    return VerificationAnswer(
        outcome=found.verdict,
        retry_after=max(0, (found.until or 0) - now),
        needed=found.needed.value,
        page=f"{public_url}/sign-in" if found.needed in ON_OUR_PAGES else None,
    )


ENDPOINTS = (
    Endpoint(
        "POST",
        "/verifications",
        Scope.VERIFY,
        verify,
        VerificationAnswer,
        others={REFUSED: VerificationAnswer},
        fast=VerificationRequest,
        attempts=True,
    ),
)
