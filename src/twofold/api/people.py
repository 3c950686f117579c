"""People of an application: how they stand, set-ups, authenticators, recovery codes."""

from typing import Annotated

from fastapi import Path, Query
from starlette.background import BackgroundTask
from starlette.responses import Response

from twofold.api.access import Asked, Endpoint
from twofold.api.models import (
    AuthenticatorAnswer,
    AuthenticatorsAnswer,
    CodesAnswer,
    CodesRequest,
    ConfirmAnswer,
    ConfirmRequest,
    PersonAnswer,
    Proof,
    SetUpAnswer,
    SetUpRequest,
    VerificationAnswer,
)
from twofold.api.problems import Problem, nobody
from twofold.api.verifications import REFUSED, answer_of
from twofold.core import keyuri
from twofold.core.applications import Scope
from twofold.core.authenticators import Totp
from twofold.core.requirement import Requirement
from twofold.core.roster_cells import MAX_EXTERNAL_ID
from twofold.flows import app_people
from twofold.flows.app_people import (
    Confirmed,
    NeedsVerification,
    Nobody,
    NotConfirmed,
    OnOurPages,
    Taken,
)
from twofold.flows.enrol import NoSetUp
from twofold.flows.recovery import NotEnrolled
from twofold.flows.setup import Refused
from twofold.qr import qr_svg

ID = Annotated[str, Path(max_length=MAX_EXTERNAL_ID)]
OWN_ID = Annotated[str, Path(max_length=64)]
WORDS = {
    Requirement.NONE: "none",
    Requirement.REMIND: "remind",
    Requirement.MUST_ENROL: "enrol",
}


def _problem(
    found: Nobody | NeedsVerification | OnOurPages | Taken | NoSetUp | NotEnrolled | Refused,
) -> Problem:
    """Why it was not done."""
    match found:
        case Nobody():
            return nobody()
        case NeedsVerification():
            return Problem(
                409,
                "The person has a second factor. Verify a code of theirs with an Idempotency-Key "
                "first, and send that key as “proof” within five minutes.",
                kind="needs-verification",
            )
        case OnOurPages(sentence):
            return Problem(409, sentence, kind="on-our-pages")
        case Taken(sentence):
            return Problem(409, sentence, kind="address-taken")
        case NotEnrolled():
            return Problem(409, "They stand in for a second factor, and there is none.")
        case Refused(field, sentence) if field:
            return Problem(422, sentence, errors=[{"field": field, "message": sentence}])
    return Problem(409, found.sentence, kind="not-possible")


async def status(external_id: ID, call: Asked) -> PersonAnswer:
    """How somebody stands: enrolled or not, and what is asked of them."""
    found = await call.run(app_people.status, external_id=external_id)
    if isinstance(found, Nobody):
        raise nobody()
    return PersonAnswer.model_validate(
        {
            "external_id": external_id,
            "name": found.person.name,
            "email": found.person.email,
            "disabled": found.person.state.value == "disabled",
            "enrolled": found.enrolled,
            "requirement": WORDS[found.requirement],
            "due_at": found.due_at,
            "authenticators": found.codes,
            "passkeys": found.passkeys,
            "recovery_codes": found.recovery_codes,
        }
    )


async def begin_set_up(external_id: ID, body: SetUpRequest, call: Asked) -> SetUpAnswer:
    """Begin a set-up, and add the person if this external id is new.

    The secret is in this answer alone. What was begun before is dead.
    """
    found = await call.run(
        app_people.begin,
        external_id=external_id,
        name=body.name,
        email=body.email,
        proof=body.proof or "",
    )
    if not isinstance(found, Totp):
        raise _problem(found)
    uri = keyuri.key_uri(found.secret, found.issuer, found.label)
    return SetUpAnswer(
        id=found.id,
        uri=uri,
        key=keyuri.grouped(keyuri.key_text(found.secret)),
        qr_svg=qr_svg(uri),
        entry=keyuri.entry_name(found.issuer, found.label),
    )


async def confirm_set_up(
    external_id: ID, set_up_id: OWN_ID, body: ConfirmRequest, call: Asked
) -> Response:
    """A code of the pending set-up makes it count, once it is right."""
    found = await call.run(
        app_people.confirm, external_id=external_id, set_up_id=set_up_id, typed=body.code
    )
    if isinstance(found, Nobody):
        raise nobody()
    if isinstance(found, NotConfirmed):
        refused = answer_of(found.answer, call.world.clock.now(), call.world.public_url)
        response = Response(refused.model_dump_json(), REFUSED, media_type="application/json")
        response.background = BackgroundTask(call.explainer.explain, found.attempt_id, body.code)
        return response
    return Response(_confirmed(found).model_dump_json(), media_type="application/json")


def _confirmed(found: Confirmed) -> ConfirmAnswer:
    return ConfirmAnswer(
        outcome="accepted",
        authenticator_id=found.authenticator_id,
        recovery_codes=list(found.codes),
    )


async def cancel_set_up(external_id: ID, set_up_id: OWN_ID, call: Asked) -> None:
    """Discard a pending set-up with its secret."""
    if not await call.run(app_people.cancel, external_id=external_id, set_up_id=set_up_id):
        raise nobody()


async def list_authenticators(external_id: ID, call: Asked) -> AuthenticatorsAnswer:
    """The person's authenticator apps."""
    found = await call.run(app_people.own, external_id=external_id)
    if isinstance(found, Nobody):
        raise nobody()
    return AuthenticatorsAnswer(
        authenticators=[
            AuthenticatorAnswer(
                id=one.id,
                name=one.name,
                entry=keyuri.entry_name(one.issuer, one.label),
                confirmed_at=one.confirmed_at or 0,
                disabled=one.disabled_at is not None,
            )
            for one in found
        ]
    )


async def remove_authenticator(
    external_id: ID, authenticator_id: OWN_ID, proof: Annotated[Proof, Query()], call: Asked
) -> None:
    """Remove one. The last one stays where the account asks the person for a second factor."""
    done = await call.run(
        app_people.remove,
        external_id=external_id,
        authenticator_id=authenticator_id,
        proof=proof,
    )
    if not isinstance(done, Totp):
        raise _problem(done)


async def make_recovery_codes(external_id: ID, body: CodesRequest, call: Asked) -> CodesAnswer:
    """Ten new recovery codes, in this answer alone."""
    done = await call.run(app_people.make_codes, external_id=external_id, proof=body.proof)
    if isinstance(done, NotEnrolled | Nobody | NeedsVerification | OnOurPages):
        raise _problem(done)
    return CodesAnswer(recovery_codes=list(done.codes))


ONE = "/people/{external_id}"
ENDPOINTS = (
    Endpoint("GET", ONE, Scope.VERIFY, status, PersonAnswer, problems=(404, 422)),
    Endpoint(
        "POST", f"{ONE}/set-ups", Scope.ENROL, begin_set_up, SetUpAnswer, 201, problems=(404, 409)
    ),
    Endpoint(
        "POST",
        f"{ONE}/set-ups/{{set_up_id}}/confirm",
        Scope.ENROL,
        confirm_set_up,
        ConfirmAnswer,
        others={REFUSED: VerificationAnswer},
        problems=(404,),
    ),
    Endpoint(
        "DELETE",
        f"{ONE}/set-ups/{{set_up_id}}",
        Scope.ENROL,
        cancel_set_up,
        None,
        204,
        problems=(404, 422),
    ),
    Endpoint(
        "GET",
        f"{ONE}/authenticators",
        Scope.MANAGE,
        list_authenticators,
        AuthenticatorsAnswer,
        problems=(404, 422),
    ),
    Endpoint(
        "DELETE",
        f"{ONE}/authenticators/{{authenticator_id}}",
        Scope.MANAGE,
        remove_authenticator,
        None,
        204,
        problems=(404, 409, 422),
    ),
    Endpoint(
        "POST",
        f"{ONE}/recovery-codes",
        Scope.MANAGE,
        make_recovery_codes,
        CodesAnswer,
        201,
        problems=(404, 409),
    ),
)
