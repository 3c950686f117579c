"""How guesses are slowed down: the settings, and what they mean, also while they are tried."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from starlette.responses import Response

from twofold.core import guessing, policy
from twofold.core.people import GuardPolicy, PasskeysFrom, Profile, Role
from twofold.flows import groups, guard_policy
from twofold.flows.guard_policy import Odds
from twofold.flows.setup import Refused
from twofold.web.access import Ctx, Needs, Page
from twofold.web.forms import FieldError

PATH = "/account/guard"
BOX = "group-"
"""What the name of a group's box begins with; its id follows."""
NUMBERS = ("pair_after", "link_after", "trust_days")


async def show(ctx: Ctx) -> Response:
    """GET /account/guard: what is stored; with settings in the query, what those would mean."""
    asked = ctx.request.query_params
    if not any(name in asked for name in ("members", "staff", *NUMBERS)):
        return await _page(ctx, _values(ctx.me.account.guard), [])
    values = _typed(ctx, asked)
    found = _read(values)
    return await _page(ctx, values, [found] if isinstance(found, FieldError) else [])


async def try_out(ctx: Ctx) -> Response:
    """POST /account/guard/try: the same for a form without script, whose token stays out of the
    address. Saves nothing.
    """
    values = _typed(ctx, ctx.form)
    found = _read(values)
    return await _page(ctx, values, [found] if isinstance(found, FieldError) else [])


async def save(ctx: Ctx) -> Response:
    """POST /account/guard."""
    values = _typed(ctx, ctx.form)
    guard = _read(values)
    if isinstance(guard, FieldError):
        return await _page(ctx, values, [guard])
    done = await ctx.world.store.run(guard_policy.set_guard, ctx.now, caller=ctx.me, guard=guard)
    if isinstance(done, Refused):
        return await _page(ctx, values, [FieldError(done.field, done.sentence)])
    return ctx.go(PATH)


def _typed(ctx: Ctx, fields: Mapping[str, str]) -> dict[str, str]:
    """What was chosen. From whom passkeys are asked stays as it is where a form does not say."""
    stored = _values(ctx.me.account.guard)
    kept = {"passkeys_from": stored["passkeys_from"]}
    values = {name: fields.get(name, kept.get(name, ""))[:40] for name in _values(GuardPolicy())}
    groups = stored["passkeys_groups"]
    if "groups" in fields:
        groups = " ".join(sorted(name.removeprefix(BOX) for name in fields if name.startswith(BOX)))
    return {**values, "passkeys_groups": groups}


def _values(guard: GuardPolicy) -> dict[str, str]:
    """Settings as the form shows them."""
    return {
        "members": guard.members.value,
        "staff": guard.staff.value,
        **{name: str(getattr(guard, name)) for name in NUMBERS},
        "trust_staff": "yes" if guard.trust_staff else "no",
        "passkeys_from": guard.passkeys_from.value,
        "passkeys_groups": " ".join(guard.passkeys_groups),
    }


def _read(values: Mapping[str, str]) -> GuardPolicy | FieldError:
    """The settings in a form, or what is wrong with them."""
    for name in ("members", "staff"):
        if values[name] not in list(Profile):
            return FieldError(name, "Choose one of the two profiles.")
    if values["passkeys_from"] not in list(PasskeysFrom):
        return FieldError("passkeys_from", "Choose one of the list.")
    for name in NUMBERS:
        text = values[name].strip()
        if not (text.isascii() and text.isdigit() and len(text) <= 6):
            return FieldError(name, "Enter a whole number.")
    guard = GuardPolicy(
        members=Profile(values["members"]),
        staff=Profile(values["staff"]),
        pair_after=int(values["pair_after"]),
        link_after=int(values["link_after"]),
        trust_days=int(values["trust_days"]),
        trust_staff=values["trust_staff"] == "yes",
        passkeys_from=PasskeysFrom(values["passkeys_from"]),
        passkeys_groups=tuple(values["passkeys_groups"].split()),
    )
    problem = policy.guard_problem(guard)
    return FieldError(*problem) if problem else guard


async def _page(ctx: Ctx, values: Mapping[str, str], errors: list[FieldError]) -> Response:
    found = _read(values)
    stored = ctx.me.account.guard
    guard = stored if isinstance(found, FieldError) else found
    account = replace(ctx.me.account, guard=guard)
    meaning = await ctx.world.store.run(guard_policy.meaning, account=account)
    known = await ctx.world.store.run(groups.of_account, account_id=account.id)
    return ctx.render(
        "guard.html",
        # Looking at settings that are not possible is no failed request: the page says why.
        422 if errors and ctx.request.method == "POST" else 200,
        values=values,
        errors=errors,
        problem="" if not isinstance(found, FieldError) else found.message,
        is_new=not isinstance(found, FieldError) and guard != stored,
        guard=guard,
        groups=known,
        ticked=values["passkeys_groups"].split(),
        meaning=meaning,
        rows=_rows(meaning, guard),
        bounds={
            "pair": policy.MAX_SINGLE_CODES,
            "link": policy.MAX_BEFORE_LINK,
            "trust": policy.MAX_TRUST_DAYS,
        },
    )


def _rows(meaning: guard_policy.Meaning, guard: GuardPolicy) -> list[dict[str, object]]:
    """The table: whom it is about, and the chances in words and in digits."""
    everybody = "The one password is known."
    if meaning.people != 1:
        everybody = f"All passwords of {meaning.people} people are known."
    table: list[tuple[str, str, Odds]] = [
        ("One member", f"{_profile(guard.members)}. The password is known.", meaning.member),
        ("One of the staff", f"{_profile(guard.staff)}. The password is known.", meaning.staff),
        ("The organisation", everybody, meaning.everybody),
        (
            "One member, cookie copied",
            "The password is known, and a copy of the cookie of a known browser.",
            meaning.member_cookie,
        ),
        ("One of the staff, cookie copied", "The same.", meaning.staff_cookie),
    ]
    shown: list[Callable[[float], str]] = [guessing.in_words, guessing.in_digits]
    return [
        {
            "who": who,
            "if": condition,
            "month": [show(odds.month) for show in shown],
            "year": [show(odds.year) for show in shown],
        }
        for who, condition, odds in table
    ]


def _profile(profile: Profile) -> str:
    return {Profile.STANDARD: "Standard", Profile.STRICT: "Strict"}[profile]


PAGES = (
    Page(PATH, Needs.SESSION, get=show, post=save, role=Role.ADMIN, fresh=True),
    Page(f"{PATH}/try", Needs.SESSION, post=try_out, role=Role.ADMIN),
)
