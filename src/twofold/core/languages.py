"""The languages that mails of the rollout are written in."""

from collections.abc import Mapping

from twofold.core.people import Account, Person

FIRST = "en"
"""The language that every mail has."""
LANGUAGES: Mapping[str, str] = {FIRST: "English", "de": "Deutsch"}
"""By code, each in its own words. One more needs a folder in `mail/templates`, its words in
`mail/languages.py`, and a line here."""


def language_of(account: Account, person: Person) -> str:
    """The code of the language that a person is written in: their own, else the account's.

    `de-AT` is written as `de`. A language that we do not have gives the first.
    """
    for wanted in (person.language, account.language):
        code = wanted.replace("_", "-").partition("-")[0].lower()
        if code in LANGUAGES:
            return code
    return FIRST
