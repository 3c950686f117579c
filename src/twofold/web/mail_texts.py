"""The texts of rollout mails: which there are, and writing one."""

from starlette.responses import Response

from twofold.core import mail_texts as rules
from twofold.core.languages import LANGUAGES
from twofold.core.mail import MailKind
from twofold.core.mail_texts import EDITABLE, MEANINGS, MailText
from twofold.core.people import Role
from twofold.flows import mail_texts
from twofold.flows.mail_texts import TooMany, Wrong
from twofold.web.access import Ctx, Needs, Page
from twofold.web.forms import FieldError
from twofold.web.mail import reflowed

PATH = "/account/mails"
_LONGEST = 20_000
"""Characters of a field that are given back for correction."""


async def show(ctx: Ctx) -> Response:
    """GET /account/mails: every mail in every language, and whose text it has."""
    return await _list(ctx, [])


async def set_language(ctx: Ctx) -> Response:
    """POST /account/mails/language."""
    language = ctx.field("language")
    if language not in LANGUAGES:
        return await _list(ctx, [FieldError("language", "Choose one of the list.")])
    await ctx.world.store.run(mail_texts.set_language, ctx.now, caller=ctx.me, language=language)
    return ctx.go(PATH)


async def _list(ctx: Ctx, errors: list[FieldError]) -> Response:
    own = await ctx.world.store.run(mail_texts.own_texts, account_id=ctx.me.account.id)
    rows = [
        {
            "kind": kind,
            "texts": [
                {
                    "id": f"{kind.value}.{code}",
                    "language": name,
                    "code": code,
                    "is_own": (kind, code) in own,
                    "subject": _subject(ctx, kind, code, own.get((kind, code))),
                }
                for code, name in LANGUAGES.items()
            ],
        }
        for kind in EDITABLE
    ]
    return ctx.render(
        "mail_texts.html",
        422 if errors else 200,
        rows=rows,
        own=len(own),
        languages=list(LANGUAGES.items()),
        language=ctx.me.account.language,
        errors=errors,
    )


def _subject(ctx: Ctx, kind: MailKind, language: str, own: MailText | None) -> str:
    letter = mail_texts.sample(ctx.now, caller=ctx.me, kind=kind, language=language, text=own)
    return ctx.world.postbox.render(letter, hide_links=True).subject


async def show_one(ctx: Ctx) -> Response:
    """GET /account/mails/{id}: the id is the kind and the language, `reminder.de`."""
    return await _page(ctx)


async def save(ctx: Ctx) -> Response:
    """POST /account/mails/{id}."""
    asked = _asked(ctx)
    if asked is None:
        return ctx.error(404)
    kind, language = asked
    done = await ctx.world.store.run(
        mail_texts.save, ctx.now, caller=ctx.me, kind=kind, language=language, text=_typed(ctx)
    )
    if isinstance(done, Wrong):
        return await _page(ctx, _typed(ctx), _errors(done))
    return ctx.go(PATH)


async def restore(ctx: Ctx) -> Response:
    """POST /account/mails/{id}/ours."""
    asked = _asked(ctx)
    if asked is None:
        return ctx.error(404)
    kind, language = asked
    await ctx.world.store.run(
        mail_texts.restore, ctx.now, caller=ctx.me, kind=kind, language=language
    )
    return ctx.go(f"{PATH}/{kind.value}.{language}")


async def preview(ctx: Ctx) -> Response:
    """POST /account/mails/{id}/preview: saves nothing."""
    asked = _asked(ctx)
    if asked is None:
        return ctx.error(404)
    problems = rules.problems(asked[0], rules.tidied(_typed(ctx)))
    return await _page(ctx, _typed(ctx), _errors(Wrong(tuple(problems))))


async def test(ctx: Ctx) -> Response:
    """POST /account/mails/{id}/test: saves nothing either."""
    asked = _asked(ctx)
    if asked is None:
        return ctx.error(404)
    kind, language = asked
    done = await ctx.world.store.run(
        mail_texts.send_test, ctx.now, caller=ctx.me, kind=kind, language=language, text=_typed(ctx)
    )
    if isinstance(done, Wrong):
        return await _page(ctx, _typed(ctx), _errors(done))
    if isinstance(done, TooMany):
        many = f"You have sent yourself {mail_texts.TESTS_PER_HOUR} tests in the last hour."
        return await _page(ctx, _typed(ctx), [FieldError("", f"{many} Send the next one later.")])
    return await _page(ctx, _typed(ctx), tested=True)


def _asked(ctx: Ctx) -> tuple[MailKind, str] | None:
    """Kind and language of the address, None for what is no text."""
    word, _, language = ctx.request.path_params["id"].partition(".")
    kind = next((kind for kind in EDITABLE if kind.value == word), None)
    return None if kind is None or language not in LANGUAGES else (kind, language)


def _typed(ctx: Ctx) -> MailText:
    return MailText(ctx.field("subject")[:_LONGEST], ctx.field("body")[:_LONGEST])


def _errors(wrong: Wrong) -> list[FieldError]:
    return [FieldError(one.field, one.sentence) for one in wrong.problems]


async def _page(
    ctx: Ctx,
    draft: MailText | None = None,
    errors: list[FieldError] | None = None,
    *,
    tested: bool = False,
) -> Response:
    """The form beside the mail as it will be sent: a draft where it can be sent, else what is in
    force.
    """
    asked = _asked(ctx)
    if asked is None:
        return ctx.error(404)
    kind, language = asked
    texts = await ctx.world.store.run(mail_texts.own_texts, account_id=ctx.me.account.id)
    own = texts.get(asked)
    tidied = rules.tidied(draft) if draft else None
    is_draft = tidied is not None and not rules.problems(kind, tidied) and tidied != own
    letter = mail_texts.sample(
        ctx.now, caller=ctx.me, kind=kind, language=language, text=tidied if is_draft else own
    )
    rendered = ctx.world.postbox.render(letter, hide_links=letter.mail.kind is kind)
    shown = draft or own or ctx.world.postbox.beginning(kind, language)
    return ctx.render(
        "mail_text.html",
        422 if errors and ctx.request.method == "POST" else 200,
        id=f"{kind.value}.{language}",
        kind=kind,
        language=LANGUAGES[language],
        code=language,
        is_own=own is not None,
        is_draft=is_draft,
        values={"subject": shown.subject, "body": shown.body},
        places=[(f"{{{place}}}", MEANINGS[place]) for place in EDITABLE[kind]],
        mail_subject=rendered.subject,
        mail_text=reflowed(rendered.text),
        tested_to=ctx.me.person.email if tested else "",
        errors=errors or [],
    )


PAGES = (
    Page(PATH, Needs.SESSION, get=show, role=Role.ADMIN),
    Page(f"{PATH}/language", Needs.SESSION, post=set_language, fresh=True, role=Role.ADMIN),
    Page(f"{PATH}/{{id}}", Needs.SESSION, get=show_one, post=save, fresh=True, role=Role.ADMIN),
    Page(f"{PATH}/{{id}}/preview", Needs.SESSION, post=preview, role=Role.ADMIN),
    Page(f"{PATH}/{{id}}/test", Needs.SESSION, post=test, role=Role.ADMIN),
    Page(f"{PATH}/{{id}}/ours", Needs.SESSION, post=restore, fresh=True, role=Role.ADMIN),
)
