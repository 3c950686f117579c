"""Every flow of passkeys that changes something, as in `changes.py`."""

from collections.abc import Callable

from tests.flows import keys
from tests.world import HERE, Organisation
from twofold.core.events import EventKind
from twofold.core.mail import MailKind
from twofold.flows import passkey_proofs, passkeys

Act = Callable[[Organisation], Callable[[], object]]


def passkey_added(acme: Organisation) -> Callable[[], object]:
    """A passkey set up from the profile."""
    caller, key = acme.caller(acme.owner), keys.new_key()
    sent = key.create(keys.offer(acme, caller))
    return lambda: acme.call(
        passkeys.save, caller=caller, party=keys.PARTY, sent=sent, name="", place=HERE
    )


def passkey_demanded(acme: Organisation) -> Callable[[], object]:
    """A passkey set up from the mailed link."""
    ben = acme.add("Ben")
    acme.switch_on()
    half, token = acme.half(ben), acme.token(ben, MailKind.SWITCHED_ON)
    where = {"half": half, "token": token, "party": keys.PARTY, "place": HERE}
    begun = acme.call(passkeys.begin_demanded, **where)
    assert isinstance(begun, passkeys.Offer)
    sent = keys.new_key().create(begun.options)
    return lambda: acme.call(passkeys.save_demanded, sent=sent, **where)


def passkey_changed(flow: Callable[..., object], **more: str) -> Act:
    """One of two passkeys renamed or removed."""

    def prepared(acme: Organisation) -> Callable[[], object]:
        ben = acme.add("Ben")
        _, caller = keys.give(acme, acme.caller(ben))
        _, caller = keys.give(acme, caller)
        one = keys.own(acme, ben)[0].id
        return lambda: acme.call(flow, caller=caller, passkey_id=one, place=HERE, **more)

    return prepared


def passkey_submitted(acme: Organisation) -> Callable[[], object]:
    """A passkey as the second step."""
    ben, key = keys.with_key(acme)
    half = acme.half(ben)
    sent = key.get(keys.asked(acme, half))
    return lambda: keys.submit(acme, half, sent)


def passkey_signed_in(acme: Organisation) -> Callable[[], object]:
    """A passkey as the whole sign-in."""
    _, key = keys.with_key(acme)
    sent = key.get(keys.asked_whole(acme))
    return lambda: keys.sign_in(acme, sent)


def passkey_refused(acme: Organisation) -> Callable[[], object]:
    """An answer that is none."""
    half = acme.half(keys.with_key(acme)[0])
    return lambda: keys.submit(acme, half, "{}")


def passkey_copied(acme: Organisation) -> Callable[[], object]:
    """A counter that went back."""
    ben, key = keys.with_key(acme)
    half = acme.half(ben)
    key.count -= 1
    sent = key.get(keys.asked(acme, half))
    return lambda: keys.submit(acme, half, sent)


def passkey_proved(acme: Organisation) -> Callable[[], object]:
    """A passkey proved again."""
    key, caller = keys.give(acme, acme.caller(acme.owner))
    where = {"caller": caller, "party": keys.PARTY, "place": HERE}
    options = acme.call(passkey_proofs.ask_fresh, **where)
    assert isinstance(options, str)
    sent = key.get(options)
    return lambda: acme.call(passkey_proofs.prove_fresh, sent=sent, **where)


TABLE: dict[EventKind, tuple[str, Act]] = {
    EventKind.PASSKEY_ADDED: ("passkeys.save", passkey_added),
    EventKind.PASSKEY_RENAMED: (
        "passkeys.rename",
        passkey_changed(passkeys.rename, name="Another one"),
    ),
    EventKind.PASSKEY_REMOVED: ("passkeys.remove", passkey_changed(passkeys.remove)),
    EventKind.PASSKEY_USED: ("passkey_proofs.submit_second_step", passkey_submitted),
    EventKind.PASSKEY_REFUSED: ("passkey_proofs.submit_second_step", passkey_refused),
    EventKind.PASSKEY_COPIED: ("passkey_proofs.submit_second_step", passkey_copied),
}
MORE: dict[str, tuple[EventKind, Act]] = {
    "passkeys.save_demanded": (EventKind.PASSKEY_ADDED, passkey_demanded),
    "passkey_proofs.sign_in": (EventKind.SIGN_IN_COMPLETED, passkey_signed_in),
    "passkey_proofs.prove_fresh": (EventKind.PASSKEY_USED, passkey_proved),
}
