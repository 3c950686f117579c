"""Mail: the outbox, readable in the browser."""

import re

from starlette.responses import Response

from twofold.core.people import Role, email_key
from twofold.flows import mails, restore
from twofold.flows.enrol import NeedsProof
from twofold.web.access import Ctx, Needs, Page

COLUMNS = 76
"""How wide the lines of a mail's text part are."""
_LINK = re.compile(r"https?://[^\s<>\"]+")


async def show(ctx: Ctx) -> Response:
    """GET /mail."""
    before = ctx.request.query_params.get("before", "")[:64]
    page = await ctx.world.store.run(mails.list_mails, account_id=ctx.me.account.id, before=before)
    rows = [
        {
            "id": mail.id,
            "to": mail.to_address,
            "is_second": email_key(mail.to_address) != email_key(person.email),
            "person_id": person.id,
            "person_name": person.name,
            "kind": mail.kind,
            "state": mail.state,
            "attempts": mail.attempts,
            "created_at": mail.created_at,
            "next_at": mail.next_at,
            "last_error": mail.last_error,
        }
        for mail, person in page.rows
    ]
    return ctx.render(
        "mail.html",
        rows=rows,
        configured=ctx.world.mailer.configured,
        held=await ctx.world.store.run(restore.standing),
        next_before=page.next_before,
        before=before,
    )


async def show_one(ctx: Ctx) -> Response:
    """GET /mail/{id}."""
    opened = await ctx.world.store.run(
        mails.open_mail,
        ctx.now,
        caller=ctx.me,
        mail_id=ctx.request.path_params["id"],
        mail_server=ctx.world.mailer.configured,
    )
    if opened is None:
        return ctx.error(404)
    if isinstance(opened, NeedsProof):
        return ctx.go(f"/confirm?next={ctx.request.url.path}")
    rendered = ctx.world.postbox.render(opened.letter, hide_links=opened.hide_links)
    return ctx.render(
        "mail_view.html",
        mail=opened.letter.mail,
        rendered=rendered,
        lines=[
            _pieces(line, ctx.world.public_url) for line in reflowed(rendered.text).splitlines()
        ],
        links_hidden=opened.hide_links,
    )


def _pieces(line: str, public_url: str) -> list[dict[str, str]]:
    """A line of the text part, its links to this very site made clickable."""
    pieces, at = [], 0
    for match in _LINK.finditer(line):
        url = match.group().rstrip(".,;:!?)")
        if not url.startswith(public_url + "/"):
            continue
        pieces.append({"text": line[at : match.start()], "href": ""})
        pieces.append({"text": url, "href": url})
        at = match.start() + len(url)
    pieces.append({"text": line[at:], "href": ""})
    return pieces


def reflowed(text: str) -> str:
    """A text part without the line breaks that plain mail needs, for a box of any width.

    Lines of one paragraph are joined; links, lists, addresses and set-apart lines stay alone. So
    does a line that would have had room in the one before: somebody wanted it to begin there.
    """
    joined: list[str] = []
    last = ""
    for line in text.splitlines():
        alone = not line or line[0] in " -•" or "://" in line
        before = joined[-1] if joined else ""
        was_full = len(last) + 1 + len(line.partition(" ")[0]) > COLUMNS
        if before and not alone and was_full and before[0] not in " -•" and "://" not in before:
            joined[-1] += " " + line
        else:
            joined.append(line)
        last = line
    return "\n".join(joined)


PAGES = (
    Page("/mail", Needs.SESSION, get=show, role=Role.ADMIN),
    Page("/mail/{id}", Needs.SESSION, get=show_one, role=Role.ADMIN),
)
