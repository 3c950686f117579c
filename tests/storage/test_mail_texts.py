"""Texts of mails, on both databases."""

from tests.storage.samples import NOW, account, with_ann
from twofold.core.mail import MailKind
from twofold.core.mail_texts import MailText
from twofold.ports import Store

KIND = MailKind.SWITCHED_ON
ONE, TWO = MailText("Ä {name}", "a\n\n{link}"), MailText("b", "{link}")


def test_a_text_takes_the_place_of_the_one_before(store: Store) -> None:
    """Of the same account, kind and language, and of no other."""
    with_ann(store)
    store.call(lambda tx: tx.accounts.add(account("bolt")))
    assert store.call(lambda tx: tx.mail_texts.find("acme", KIND, "de")) is None
    for text in (TWO, ONE):
        store.call(lambda tx, text=text: tx.mail_texts.put("acme", KIND, "de", text, at=NOW))
    store.call(lambda tx: tx.mail_texts.put("acme", KIND, "en", TWO, at=NOW))
    store.call(lambda tx: tx.mail_texts.put("bolt", KIND, "de", TWO, at=NOW))
    assert store.call(lambda tx: tx.mail_texts.find("acme", KIND, "de")) == ONE
    assert store.call(lambda tx: tx.mail_texts.all("acme")) == {
        (KIND, "de"): ONE,
        (KIND, "en"): TWO,
    }


def test_a_text_is_dropped_once(store: Store) -> None:
    """And the others stay."""
    with_ann(store)
    store.call(lambda tx: tx.mail_texts.put("acme", KIND, "de", ONE, at=NOW))
    store.call(lambda tx: tx.mail_texts.put("acme", KIND, "en", TWO, at=NOW))
    drop = lambda: store.call(lambda tx: tx.mail_texts.drop("acme", KIND, "de"))  # noqa: E731
    assert (drop(), drop()) == (True, False)
    assert store.call(lambda tx: tx.mail_texts.all("acme")) == {(KIND, "en"): TWO}
