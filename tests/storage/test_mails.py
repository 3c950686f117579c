"""The outbox, on both databases."""

from dataclasses import replace

from tests.storage.races import race
from tests.storage.samples import NOW, account, mail, person, with_ann
from twofold.core.mail import LEASE, Mail, MailKind, MailState
from twofold.ports import Store, Tx


def find(store: Store, id_: str = "m1") -> Mail:
    """The mail of Acme with this id."""
    found = store.call(lambda tx: tx.mails.find("acme", id_))
    assert found is not None
    return found


def claim(store: Store, now: int = NOW, limit: int = 10) -> list[str]:
    """The ids of the mails that a worker gets."""
    return [found.id for found in store.call(lambda tx: tx.mails.claim(now, limit=limit))]


def test_a_mail_comes_back_as_it_was_written(store: Store) -> None:
    """With what its template needs, and only for its own account."""
    with_ann(store)
    store.call(lambda tx: tx.accounts.add(account("bolt")))
    store.call(lambda tx: tx.mails.add(mail()))
    assert find(store) == mail()
    assert store.call(lambda tx: tx.mails.find("bolt", "m1")) is None
    assert store.call(lambda tx: tx.mails.find("acme", "m9")) is None


def test_due_mails_are_leased(store: Store) -> None:
    """A leased mail goes to nobody else until the lease runs out; a later one waits."""
    with_ann(store)
    store.call(lambda tx: tx.mails.add(mail("m1")))
    store.call(lambda tx: tx.mails.add(replace(mail("m2"), next_at=NOW + 10)))
    leased = store.call(lambda tx: tx.mails.claim(NOW, limit=10))
    assert leased == [replace(mail(), state=MailState.SENDING, next_at=NOW + LEASE)]
    assert claim(store) == []
    assert claim(store, NOW + 10) == ["m2"]
    assert claim(store, NOW + LEASE - 1) == []
    assert claim(store, NOW + LEASE) == ["m1"]


def test_a_claim_is_limited_and_takes_the_longest_due_first(store: Store) -> None:
    """So that no mail starves."""
    with_ann(store)
    for id_, due in (("m1", NOW), ("m2", NOW - 20), ("m3", NOW - 10)):
        one = replace(mail(id_), next_at=due)
        store.call(lambda tx, one=one: tx.mails.add(one))
    assert claim(store, limit=2) == ["m2", "m3"]
    assert claim(store, limit=2) == ["m1"]


def test_four_threads_never_get_a_mail_twice(store: Store) -> None:
    """Each mail goes to exactly one worker, and none is left."""
    with_ann(store)
    ids = [f"m{number:03}" for number in range(60)]
    store.call(lambda tx: [tx.mails.add(mail(id_)) for id_ in ids])

    def work(_: int) -> list[str]:
        got: list[str] = []
        while batch := claim(store, limit=4):
            got += batch
        return got

    claimed = [id_ for got in race(4, work) for id_ in got]
    assert sorted(claimed) == ids


def test_a_sent_mail_forgets_its_token(store: Store) -> None:
    """It is sent once, keeps the rest of its parameters, and is never due again."""
    with_ann(store)
    store.call(lambda tx: tx.mails.add(mail()))
    claim(store)
    assert store.call(lambda tx: tx.mails.sent("m1", attempts=1, at=NOW + 3)) is True
    assert store.call(lambda tx: tx.mails.sent("m1", attempts=2, at=NOW + 4)) is False
    sent = find(store)
    assert (sent.state, sent.attempts, sent.sent_at) == (MailState.SENT, 1, NOW + 3)
    assert sent.params == {"hours": 336}
    assert claim(store, NOW + 10 * LEASE) == []
    assert store.call(lambda tx: tx.mails.sent("m9", attempts=1, at=NOW)) is False


def test_a_failed_try_is_due_again_later(store: Store) -> None:
    """With the server's words beside it."""
    with_ann(store)
    store.call(lambda tx: tx.mails.add(mail()))
    claim(store)
    store.call(lambda tx: tx.mails.retry("m1", attempts=1, next_at=NOW + 60, error="451 later"))
    again = find(store)
    assert (again.state, again.attempts, again.last_error) == (MailState.QUEUED, 1, "451 later")
    assert claim(store, NOW + 59) == []
    assert claim(store, NOW + 60) == ["m1"]


def test_a_mail_can_fail_for_good(store: Store) -> None:
    """It is not tried again."""
    with_ann(store)
    store.call(lambda tx: tx.mails.add(mail()))
    store.call(lambda tx: tx.mails.fail("m1", attempts=2, error="550 no such mailbox"))
    failed = find(store)
    assert (failed.state, failed.attempts) == (MailState.FAILED, 2)
    assert claim(store, NOW + 10 * LEASE) == []


def test_a_late_worker_does_not_undo_a_sent_mail(store: Store) -> None:
    """Its lease ran out, another worker sent the mail, then the first one reports a failure."""
    with_ann(store)
    store.call(lambda tx: tx.mails.add(mail()))
    store.call(lambda tx: tx.mails.sent("m1", attempts=1, at=NOW))
    store.call(lambda tx: tx.mails.retry("m1", attempts=1, next_at=NOW, error="timed out"))
    store.call(lambda tx: tx.mails.fail("m1", attempts=1, error="timed out"))
    assert find(store).state is MailState.SENT


def fill(tx: Tx) -> None:
    """Three mails to Ann, one to Bob, one in another account."""
    tx.people.add(person("bob"), password="$b")
    tx.accounts.add(account("bolt"))
    tx.people.add(person("zoe", "bolt"), password="$z")
    tx.mails.add(mail("m1"))
    tx.mails.add(replace(mail("m2"), kind=MailKind.ENROL_LINK, created_at=NOW + 100))
    tx.mails.add(replace(mail("m3"), kind=MailKind.ENROL_LINK, created_at=NOW + 200))
    tx.mails.add(mail("m4", "bob"))
    tx.mails.add(mail("m5", "zoe", "bolt"))
    tx.mails.fail("m4", attempts=1, error="550")
    tx.mails.sent("m1", attempts=1, at=NOW)


def test_pages_run_from_the_newest_mail_back(store: Store) -> None:
    """With the person beside each mail, for one account."""
    with_ann(store).call(fill)

    def page(before: str, limit: int) -> list[tuple[str, str]]:
        rows = store.call(lambda tx: tx.mails.page("acme", before=before, limit=limit))
        return [(found.id, who.name) for found, who in rows]

    assert page("", 2) == [("m4", "Bob"), ("m3", "Ann")]
    assert page("m3", 9) == [("m2", "Ann"), ("m1", "Ann")]
    assert page("m1", 9) == []
    of_ann = store.call(lambda tx: tx.mails.of("ann", limit=2))
    assert [found.id for found in of_ann] == ["m3", "m2"]


def test_mails_are_counted_by_state_and_kind(store: Store) -> None:
    """States without mails are there with 0; other accounts and older mails are not counted."""
    with_ann(store).call(fill)
    counts = store.call(lambda tx: tx.mails.counts("acme", since=NOW))
    assert counts == {
        MailState.QUEUED: 2,
        MailState.SENDING: 0,
        MailState.SENT: 1,
        MailState.FAILED: 1,
        MailState.BOUNCED: 0,
    }
    later = store.call(lambda tx: tx.mails.counts("acme", since=NOW + 101))
    assert sum(later.values()) == 1
    kinds = [MailKind.ENROL_LINK, MailKind.PASSWORD_LINK]
    assert store.call(lambda tx: tx.mails.recent("ann", kinds, NOW)) == 2
    assert store.call(lambda tx: tx.mails.recent("ann", kinds, NOW + 101)) == 1
    assert store.call(lambda tx: tx.mails.recent("ann", [], NOW)) == 0
    assert store.call(lambda tx: tx.mails.waiting()) == 3
