"""Hooks: where machines that are no browser tell us something."""

import hmac
import json
from collections import Counter
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from twofold.core.mail_reports import Report, from_values, read
from twofold.flows import mail_reports
from twofold.flows.mail_reports import Fate
from twofold.web.access import Ctx, Needs, Page
from twofold.web.forms import MAX_BODY, BadForm, read_body

_MESSAGE, _JSON = "message/rfc822", "application/json"
_BEARER = "bearer "


async def mail_reports_hook(ctx: Ctx) -> Response:
    """POST /hooks/mail-reports: a report as it stands (`message/rfc822`), or JSON with one object
    or a list of them. 404 while there is no token; no cookie is looked at.

    503 asks for the same once more: a mail that it is about is being sent at this moment. What was
    taken already is then *known already*.
    """
    token = ctx.world.report_token
    if token is None:
        return ctx.error(404)
    if not _is_right(ctx.request, token):
        answer = _problem(401, "The bearer token is missing or is another one.")
        answer.headers["www-authenticate"] = "Bearer"
        return answer
    try:
        reports = await _reports(ctx.request)
    except BadForm as problem:
        return _problem(problem.status, problem.message)
    if isinstance(reports, str):
        return _problem(422, reports)
    fates = [
        await ctx.world.store.run(mail_reports.take, ctx.now, report=report) for report in reports
    ]
    status = 503 if Fate.EARLY in fates else 200
    answer = JSONResponse({"reports": len(fates), **Counter(fate.value for fate in fates)}, status)
    if status == 503:
        answer.headers["retry-after"] = "5"
    return answer


def _is_right(request: Request, token: str) -> bool:
    given = request.headers.getlist("authorization")
    if len(given) != 1 or not given[0].lower().startswith(_BEARER):
        return False
    return hmac.compare_digest(given[0][len(_BEARER) :].strip().encode(), token.encode())


async def _reports(request: Request) -> Sequence[Report] | str:
    """What was sent, or a sentence about what is wrong. Raises `BadForm`."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    body = await read_body(request, MAX_BODY)
    if kind == _MESSAGE:
        return read(body)
    if kind != _JSON:
        raise BadForm(415, f"Send {_MESSAGE} or {_JSON}.")
    try:
        values = json.loads(body)
    except (ValueError, RecursionError):
        return "This is not JSON."
    found = [from_values(one) for one in (values if isinstance(values, list) else [values])]
    wrong = next((one for one in found if isinstance(one, str)), None)
    return wrong or [one for one in found if isinstance(one, Report)]


def _problem(status: int, sentence: str) -> Response:
    return JSONResponse({"error": sentence}, status)


PAGES = (Page("/hooks/mail-reports", Needs.PUBLIC, post=mail_reports_hook, machine=True),)
