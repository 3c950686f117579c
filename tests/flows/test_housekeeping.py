"""What has ended is deleted, and nothing else."""

from tests.world import Organisation
from twofold.core.people import DAY, HOUR, MINUTE
from twofold.core.tokens import Purpose, digest
from twofold.flows.housekeeping import Purged, purge


def test_nothing_alive_is_deleted(acme: Organisation) -> None:
    """A session, a half-finished sign-in and an uploaded list of this minute stay."""
    owner = acme.owner
    acme.enrol(owner)
    acme.half_token(owner)
    acme.store.call(lambda tx: tx.uploads.add("u", acme.account_id, owner.id, b"x", acme.now))
    assert acme.call(purge) == Purged(
        sign_ins=0,
        sessions=0,
        uploads=0,
        counters=0,
        browsers=0,
        challenges=0,
        verifications=0,
        tickets=0,
    )
    assert acme.sessions(owner) == 1


def test_dead_sessions_and_forgotten_uploads_are_deleted(acme: Organisation) -> None:
    """A session an hour idle, an upload an hour old."""
    owner = acme.owner
    acme.enrol(owner)
    acme.store.call(lambda tx: tx.uploads.add("u", acme.account_id, owner.id, b"x", acme.now))
    acme.clock.advance(HOUR + MINUTE)
    purged = acme.call(purge)
    assert (purged.sessions, purged.uploads) == (1, 1)
    assert acme.sessions(owner) == 0
    gone = acme.store.call(lambda tx: tx.uploads.take("u", acme.account_id, owner.id))
    assert gone is None


def test_an_ended_sign_in_is_remembered_for_a_day(acme: Organisation) -> None:
    """So that the page can say why it ended and keep the name."""
    acme.enrol(acme.owner)
    token = digest(Purpose.SIGN_IN, acme.half_token(acme.owner))
    acme.clock.advance(DAY)
    acme.call(purge)
    assert acme.store.call(lambda tx: tx.sign_ins.expired_return(token)) == acme.owner.email
    acme.clock.advance(HOUR)
    assert acme.call(purge).sign_ins >= 1
    assert acme.store.call(lambda tx: tx.sign_ins.expired_return(token)) is None
