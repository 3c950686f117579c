"""Known and trusted browsers, and the mailed links that let an unknown one go on."""

from twofold.core.attempts import Source
from twofold.core.browsers import TRUSTED_FOR, Browser, factors_of
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.core.people import Account, Instant, Person, PersonState
from twofold.core.policy import trust_seconds
from twofold.core.sessions import HalfCaller
from twofold.core.tokens import LINK_LIFETIME, Link, Purpose, digest
from twofold.flows import guard, links
from twofold.flows.links import LinkTrouble, OpenLink
from twofold.flows.outbox import may_be_asked_for, record, write_mail
from twofold.ports import Tx


def remember(
    tx: Tx,
    now: Instant,
    person: Person,
    account: Account,
    *,
    token: str | None,
    source: Source,
    trust: bool,
) -> tuple[str, Browser]:
    """After a complete sign-in: this browser is known from now on; its token, and what it is.

    The person's own cookie stays; in place of somebody else's comes a new one. Whoever used a
    shared machine before, and copied its cookie, would otherwise hold the trust of whoever comes
    after. With `trust`, where the account allows it, it may skip the code for a while.
    """
    browser = guard.known_browser(tx, now, token=token, person_id=person.id)
    if browser is None or token is None:
        token = tx.random.token()
        browser = add(tx, now, person, source, digest(Purpose.BROWSER, token))
    else:
        tx.browsers.seen(browser.id, at=now, name=source.browser, address=source.address)
    seconds = min(trust_seconds(account, person), TRUSTED_FOR)
    if trust and seconds:
        tx.browsers.trust(browser.id, until=now + seconds, factors=current_factors(tx, person))
        record(tx, now, EventKind.BROWSER_TRUSTED, person, actor_id=person.id)
    return token, browser


def add(tx: Tx, now: Instant, person: Person, source: Source, token: bytes) -> Browser:
    """A browser that is known from now on by this digest of its token, and not trusted."""
    browser = Browser(
        id=tx.random.new_id(),
        account_id=person.account_id,
        person_id=person.id,
        name=source.browser,
        address=source.address,
        created_at=now,
        seen_at=now,
        trusted_until=None,
        factors="",
    )
    tx.browsers.add(browser, token)
    return browser


def current_factors(tx: Tx, person: Person) -> str:
    """The fingerprint of what the person proves themselves with today. A disabled authenticator
    proves nothing any more, so trust ends with it.
    """
    working = [one for one in tx.authenticators.in_force(person.id) if one.disabled_at is None]
    return factors_of(person, working, tx.passkeys.of(person.id))


def may_skip_code(
    tx: Tx, now: Instant, person: Person, account: Account, browser: Browser | None
) -> bool:
    """Whether a trusted browser lets the person in without a code, for now and honestly named.

    Not while the password counts as stolen: a new one is chosen only after a code.
    """
    return (
        browser is not None
        and not person.must_change_password
        and trust_seconds(account, person) > 0
        and browser.is_trusted(now, current_factors(tx, person))
    )


# ---- a link for the password ---------------------------------------------------------------


def ask_for_link(tx: Tx, now: Instant, *, email: str, source: Source) -> None:
    """Mail a link that lets the browser in which it is opened try the password again.

    Not the browser that asks: anybody can ask in somebody's name, and could so use up the mails
    that the owner's own new browser needs (promise P9). The answer is the same for everybody.
    """
    person = tx.people.by_email(email)
    if person is None or person.state is not PersonState.ACTIVE:
        return
    tx.people.lock(person.id)
    if not may_be_asked_for(tx, now, person.id, MailKind.BROWSER_LINK):
        return
    token = tx.random.token()
    expires_at = _add_link(tx, now, Purpose.BROWSER_LINK, person, token)
    write_mail(
        tx,
        now,
        person,
        MailKind.BROWSER_LINK,
        token=token,
        expires_at=expires_at,
        browser=source.browser,
        address=source.address,
    )
    record(tx, now, EventKind.BROWSER_LINK_SENT, person, actor_id=None, address=source.address)


def look_at_link(tx: Tx, now: Instant, *, token: str) -> Person | None:
    """Whose password the link would let this browser try; None if it opens nothing."""
    opened = links.look(tx, now, purpose=Purpose.BROWSER_LINK, token=token)
    return opened.person if isinstance(opened, OpenLink) else None


def open_link(tx: Tx, now: Instant, *, token: str, cookie: str) -> Person | None:
    """Use the link: for fifteen minutes the browser that gets `cookie`, a new token, may try the
    password of this person without waiting.
    """
    opened = links.use(tx, now, purpose=Purpose.BROWSER_LINK, token=token)
    if not isinstance(opened, OpenLink) or opened.person is None:
        return None
    _add_link(tx, now, Purpose.OPEN_BROWSER, opened.person, cookie)
    record(tx, now, EventKind.BROWSER_LINK_USED, opened.person, actor_id=opened.person.id)
    return opened.person


def is_open(tx: Tx, now: Instant, *, cookie: str | None, person_id: str) -> bool:
    """Whether a link of this person was opened in the browser with this cookie a moment ago."""
    if cookie is None:
        return False
    link = tx.links.find(Purpose.OPEN_BROWSER, digest(Purpose.OPEN_BROWSER, cookie))
    return (
        link is not None
        and link.person_id == person_id
        and link.used_at is None
        and now < link.expires_at
    )


def _add_link(tx: Tx, now: Instant, purpose: Purpose, person: Person, token: str) -> Instant:
    expires_at = now + LINK_LIFETIME[purpose]
    tx.links.add(
        Link(
            id=tx.random.new_id(),
            purpose=purpose,
            account_id=person.account_id,
            person_id=person.id,
            password_version=person.password_version,
            created_at=now,
            expires_at=expires_at,
            used_at=None,
        ),
        digest(purpose, token),
    )
    return expires_at


# ---- a link for the code -------------------------------------------------------------------


def send_code_link(tx: Tx, now: Instant, *, half: HalfCaller, source: Source) -> bool:
    """Mail a link that lets this half-finished sign-in go on; false after too many."""
    tx.people.lock(half.person.id)
    if not may_be_asked_for(tx, now, half.person.id, MailKind.CODE_LINK):
        return False
    token = tx.random.token()
    expires_at = _add_link(tx, now, Purpose.CODE_LINK, half.person, token)
    write_mail(
        tx,
        now,
        half.person,
        MailKind.CODE_LINK,
        token=token,
        expires_at=expires_at,
        browser=source.browser,
        address=source.address,
    )
    record(tx, now, EventKind.BROWSER_LINK_SENT, half.person, actor_id=None, address=source.address)
    return True


def code_link_trouble(tx: Tx, now: Instant, *, half: HalfCaller, token: str) -> LinkTrouble | None:
    """Why such a link does not open this half-finished sign-in; None if it does."""
    opened = links.look(tx, now, purpose=Purpose.CODE_LINK, token=token)
    if isinstance(opened, LinkTrouble):
        return opened
    return None if opened.link.person_id == half.person.id else LinkTrouble.FOREIGN


def open_code_link(tx: Tx, now: Instant, *, half: HalfCaller, token: str) -> bool:
    """Use such a link for the half-finished sign-in of the same person in this browser.

    It need not be the sign-in that asked, for the reason that `ask_for_link` gives. Somebody
    else's link opens nothing and is not used up.
    """
    opened = links.look(tx, now, purpose=Purpose.CODE_LINK, token=token)
    if not isinstance(opened, OpenLink) or opened.link.person_id != half.person.id:
        return False
    if not tx.links.use(opened.link.id, now):
        return False
    record(tx, now, EventKind.BROWSER_LINK_USED, half.person, actor_id=half.person.id)
    return tx.sign_ins.open_link(half.sign_in.id)


def may_offer_trust(account: Account, person: Person) -> bool:
    """Whether the account lets people of this role trust a browser."""
    return trust_seconds(account, person) > 0
