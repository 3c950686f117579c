"""32 names of organisations and people that trip authenticator apps up, and what becomes of them.

Each stands for something that an app or a QR code reader is known to stumble on, or that a
program on a command line would. Organisation and address are what somebody types into Twofold;
issuer and account are what every app has to show afterwards.
"""

import re
from dataclasses import dataclass

PASSWORD = "seven quiet herons at noon"
PER_GROUP = 8
"""Names that one test walks through."""


@dataclass(frozen=True)
class Name:
    """One organisation and its owner's address, and the entry that apps show."""

    id: str
    organisation: str
    email: str
    issuer: str
    account: str
    tries: str


_ROWS = (
    ("Acme Corp", "alice@example.org", "", "", "a blank, and the sign @"),
    ("Example", "BOB@Example.ORG", "", "", "capital letters in the address"),
    ("Acme", "bob+totp@example.org", "", "", "a plus address"),
    ("R&D", "a&b=c@example.org", "R-D", "a-b=c@example.org", "& and = (2FAS cuts at &)"),
    ("Müller GmbH & Co. KG", "jörg.groß@example.de", "Müller GmbH Co. KG", "", "umlauts beside &"),
    ("株式会社例", "山田太郎@例え.jp", "", "", "Japanese"),
    ("한국 회사", "이순신@회사.example", "", "", "Korean"),
    ("Министерство", "иван.иванов@почта.рф", "", "иван.ивано...", "Cyrillic"),
    ("Ελλάς ΑΕ", "νίκος@παράδειγμα.gr", "", "", "Greek"),
    ("شركة المثال", "محمد@example.org", "", "", "Arabic, written from the right"),
    ("חברה לדוגמה", "דנה@example.org", "", "", "Hebrew, written from the right"),
    ("हिन्दी संस्था", "अमित@example.in", "हिन्दी संस", "अमित...", "Devanagari, with joined letters"),
    ("บริษัท ตัวอย่าง", "สมชาย@example.th", "บริษัท ตัว", "สมชา...", "Thai, with marks above letters"),
    ("Acme🔐", "zoë@example.org", "", "", "an emoji"),
    ("Family 👩‍👧", "zwj@example.org", "", "", "an emoji of two, put together by a joiner"),
    ("Cafe\u0301 Noir", "rene\u0301@example.fr", "Café Noir", "rené@example.fr", "accents apart"),
    ("İstanbul Işık", "ışık@example.tr", "", "", "dotted and dotless i"),
    ("https://auth.example.org", "url@example.org", "https-auth.example.org", "",
     "an address of a page: colon and slashes (FreeOTP refuses, Aegis loses the name)"),
    ("Acme: Sales", "colon@example.org", "Acme Sales", "", "a colon in the name"),
    ("CORP\\Sales", "backslash@example.org", "CORP-Sales", "", "a backslash"),
    ("Acme+Corp", "plus@example.org", "Acme-Corp", "", "a plus (some apps show a blank)"),
    ("O'Brien #1?/x%y", "o'brien#1?/x%y@example.org", "O'Brien 1-x-y", "o'brien-1--x-y@example.org",
     "quote, #, ?, / and % (2FAS loses the key at ?)"),
    ("100%25 Pure", "a%20b@example.org", "100-25 Pure", "a-20b@example.org",
     "what looks percent-encoded already"),
    ("A=B; C, D", "x=y@example.org", "", "", "= and ; and a comma"),
    ('"Best" <Ltd>', "angle@example.org", "", "", "double quotes and angle brackets"),
    ("$(id) `id`", "`id`$HOME@example.org", "", "", "what a shell would run"),
    ("{a} | [b] ~ *", "{a}|b~c*@example.org", "", "", "braces, bar, tilde, star"),
    ("--help", "-rf@example.org", "help", "", "what looks like an option"),
    ("../../etc", "%2e%2e%2f@example.org", "..-..-etc", "-2e-2e-2f@example.org",
     "what looks like a path"),
    ("  Two   Blanks\u00a0Here ", "blanks@example.org", "Two Blanks Here", "",
     "blanks of all kinds"),
    ("Donaudampfschifffahrtsgesellschaft Wien", "long.organisation@example.at",
     "Donaudampfschifffahrtsgesellsc", "", "an organisation longer than 30 characters"),
    ("Acme Long", "maximiliane.friederike.hohenlohe.waldenburg@department.acme.example",
     "", "maximiliane.friederike....@department.acme.example",
     "an address longer than 50 characters"),
)  # fmt: skip

NAMES = tuple(
    Name(f"N{number:02}", organisation, email, issuer or organisation, account or email, tries)
    for number, (organisation, email, issuer, account, tries) in enumerate(_ROWS, 1)
)
GROUPS = tuple(NAMES[start : start + PER_GROUP] for start in range(0, len(NAMES), PER_GROUP))


def somebody(what: str) -> Name:
    """Somebody with a plain name, for a test that is about something else."""
    address = f"{re.sub('[^a-z0-9]+', '-', what.lower())}@a.example"
    return Name(what, "Plain", address, "Plain", address, "")
