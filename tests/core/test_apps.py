"""The catalogue that ships: complete, with evidence for everything that it says."""

from datetime import date
from urllib.parse import urlsplit

import pytest

from twofold.core.apps import ALLOWED, UNDATED, App, Catalogue, Platform, Source
from twofold.data import load_apps

CATALOGUE = load_apps()
CERTIFIED = {
    "authy-android", "authy-ios", "google-authenticator-android",
    "microsoft-authenticator-android", "microsoft-authenticator-ios",
}  # fmt: skip

every_app = pytest.mark.parametrize("app", CATALOGUE.apps, ids=lambda app: app.id)


def test_exactly_five_are_certified_and_they_come_first() -> None:
    """Authy and Microsoft Authenticator on both phones, Google Authenticator on Android."""
    assert {app.id for app in CATALOGUE.certified} == CERTIFIED
    assert CATALOGUE.apps[:5] == CATALOGUE.certified
    assert CATALOGUE.others == CATALOGUE.apps[5:]


def test_every_app_is_there_once() -> None:
    """By its id, and by what people call it."""
    assert len({app.id for app in CATALOGUE.apps}) == len(CATALOGUE.apps)
    assert len({app.title for app in CATALOGUE.apps}) == len(CATALOGUE.apps)
    assert {app.platform for app in CATALOGUE.apps} == set(Platform)


@every_app
def test_every_fact_has_evidence_or_says_that_there_is_none(app: App) -> None:
    """Sources for what is known, none for what is not."""
    assert len(app.facts) == len(ALLOWED)
    for name, fact in (*app.facts, *(("quirk", quirk) for quirk in app.quirks)):
        assert fact.known == bool(fact.by), (app.id, name)
        allowed = ALLOWED.get(name)
        assert allowed is None or fact.says in allowed, (app.id, name)
    for name, guide in app.guides:
        assert guide.known == bool(guide.by), (app.id, name)
    assert app.name
    assert app.maker
    assert app.sources


@every_app
def test_every_app_says_how_to_set_the_time(app: App) -> None:
    """The commonest cause has an answer for everybody."""
    assert app.clock.known


@pytest.mark.parametrize("app_id", sorted(CERTIFIED))
def test_a_certified_app_has_every_guide(app_id: str) -> None:
    """To scan, to type, to set the time, to update, and to move."""
    app = CATALOGUE.find(app_id)
    assert app is not None
    assert [name for name, guide in app.guides if not guide.known] == []
    assert (app.scan.says, app.key.says) == ("yes", "yes")


@pytest.mark.parametrize("source", CATALOGUE.sources, ids=lambda source: source.id)
def test_every_source_can_be_looked_up_and_has_its_dates(source: Source) -> None:
    """An address with a host, when it was read, and of when it is where it says so."""
    parts = urlsplit(source.where)
    assert parts.scheme in ("http", "https")
    assert "." in parts.netloc
    assert date(2026, 11, 1) <= source.read
    assert source.dated == UNDATED or "2015" < source.dated <= str(source.read)


@every_app
def test_what_is_said_to_people_are_short_sentences(app: App) -> None:
    """One or two lines each, with a full stop, and nothing that is no text."""
    steps = [step for _, guide in app.guides for step in guide.steps]
    for text in (*steps, *(quirk.says for quirk in app.quirks)):
        assert text.endswith("."), text
        assert len(text) < 160, text
        assert not set("<>") & set(text), text


def test_an_app_that_is_not_there_is_nobody() -> None:
    """Neither an app nor a name."""
    assert CATALOGUE.find("nonsense") is None
    assert CATALOGUE.title("nonsense") == ""
    assert Catalogue().find("authy-ios") is None
    assert CATALOGUE.title("authy-ios") == "Twilio Authy on iPhone"
    assert CATALOGUE.title("keepassxc-desktop") == "KeePassXC on a computer"


def test_quirks_that_matter_at_the_set_up_are_told_there() -> None:
    """An app that overwrites an entry is warned of before somebody scans."""
    for app_id in ("google-authenticator-android", "microsoft-authenticator-ios"):
        app = CATALOGUE.find(app_id)
        assert app is not None
        assert any("overwrite" in quirk.says for quirk in app.warnings)
        assert len(app.warnings) < len(app.quirks)
