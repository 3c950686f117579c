"""People with passkeys: how they set one up, and how they sign in with it."""

from twofold.core.sessions import HalfCaller
from twofold.demo.cast import Member
from twofold.demo.keys import SoftwareKey
from twofold.demo.stage import Scene, expect, half_signed_in, is_in
from twofold.flows import passkey_proofs, passkeys
from twofold.flows.passkeys import Offer
from twofold.flows.sign_in import SignedIn


def adds_passkey(scene: Scene, member: Member) -> None:
    """Somebody sets up a passkey, beside what they have."""
    tx, now, party, place = scene.tx, scene.now, scene.party, member.place
    caller = is_in(scene, member)
    offer = passkeys.begin(tx, now, caller=caller, party=party, place=place)
    key = SoftwareKey(party)
    sent = key.create(expect(Offer, offer).options)
    done = passkeys.save(tx, now, caller=caller, party=party, sent=sent, name="", place=place)
    saved = expect(SignedIn, done)
    member.cookie, member.key = saved.browser_token, key
    if saved.codes:
        member.holder.codes = list(saved.codes)


def signs_in(scene: Scene, member: Member) -> None:
    """The password, then the passkey."""
    tx, now, party, place = scene.tx, scene.now, scene.party, member.place
    half = expect(HalfCaller, half_signed_in(scene, member, place))
    options = passkey_proofs.ask_second_step(tx, now, half=half, party=party, place=place)
    sent = expect(SoftwareKey, member.key).get(expect(str, options))
    done = passkey_proofs.submit_second_step(
        tx, now, half=half, party=party, sent=sent, trust=False, place=place
    )
    member.cookie = expect(SignedIn, done).browser_token
