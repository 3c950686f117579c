"""The catalogue of authenticator apps: what each is known to do, and from where we know it.

The catalogue is data (`data/apps.toml`); `core/catalogue.py` reads it, and here is its shape. Every
fact names its sources, and every source says of when it is, because apps change: what was true in
2020 may not be true today. What nobody could show is the word `unknown`, never a guess.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

UNKNOWN = "unknown"
UNDATED = "undated"


class Platform(StrEnum):
    """What the app runs on."""

    IOS = "ios"
    ANDROID = "android"
    DESKTOP = "desktop"
    WEB = "web"


class Treatment(StrEnum):
    """What an app does with a parameter of a QR code that is not the usual one."""

    HONOURS = "honours"
    IGNORES = "ignores"
    REFUSES = "refuses"
    UNKNOWN = UNKNOWN


class Can(StrEnum):
    """Whether an app takes a set-up in some way."""

    YES = "yes"
    NO = "no"
    UNKNOWN = UNKNOWN


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact comes from."""

    id: str
    title: str
    where: str
    """An address, or the name of a document that has none."""
    dated: str
    """Of when the statement is, for example `2020-06`; `undated` where it does not say."""
    read: date
    """When we read it."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One statement with its sources; `unknown` has none."""

    says: str
    by: tuple[Source, ...]
    note: str = ""
    at_setup: bool = False
    """Worth saying before somebody scans, not only to whoever looks the app up."""

    @property
    def known(self) -> bool:
        """Whether there is evidence."""
        return self.says != UNKNOWN


@dataclass(frozen=True, slots=True)
class Steps:
    """What to do, one short sentence each; empty where it is not known."""

    steps: tuple[str, ...]
    by: tuple[Source, ...]

    @property
    def known(self) -> bool:
        """Whether there is evidence."""
        return bool(self.steps)


ALLOWED: Mapping[str, frozenset[str] | None] = {
    "algorithm": frozenset(Treatment),
    "digits": frozenset(Treatment),
    "period": frozenset(Treatment),
    "scan": frozenset(Can),
    "key": frozenset(Can),
    "link": frozenset(Can),
    "minimum": None,
}
"""The single facts of an app and what each may say; None for a sentence."""
OF_THE_DEVICE = ("clock", "updating")
"""Steps that an app has from its device unless it has its own."""
GUIDES = ("scanning", "typing", *OF_THE_DEVICE, "moving")
"""The lists of steps of an app."""


@dataclass(frozen=True, slots=True)
class App:
    """One app on one platform."""

    id: str
    """The name in addresses and in the database, for example `authy-ios`."""
    name: str
    maker: str
    platform: Platform
    device: str
    """The platform in a word: iPhone, Android, Computer."""
    on_device: str
    """The same within a sentence: on iPhone, on a computer."""
    certified: bool
    checked: date
    """When the whole entry was last gone through."""
    algorithm: Fact
    digits: Fact
    period: Fact
    scan: Fact
    key: Fact
    link: Fact
    """Whether a tap on an `otpauth:` link opens it."""
    minimum: Fact
    """The oldest version of the system, or of the app, that is known to do."""
    quirks: tuple[Fact, ...]
    scanning: Steps
    typing: Steps
    clock: Steps
    updating: Steps
    moving: Steps

    @property
    def title(self) -> str:
        """App and device: “Twilio Authy on iPhone”."""
        return f"{self.name} {self.on_device}"

    @property
    def warnings(self) -> tuple[Fact, ...]:
        """The quirks that somebody should know who sets the app up."""
        return tuple(quirk for quirk in self.quirks if quirk.at_setup)

    @property
    def facts(self) -> tuple[tuple[str, Fact], ...]:
        """The single facts by their names."""
        return tuple((name, getattr(self, name)) for name in ALLOWED)

    @property
    def guides(self) -> tuple[tuple[str, Steps], ...]:
        """The lists of steps by their names."""
        return tuple((name, getattr(self, name)) for name in GUIDES)

    @property
    def sources(self) -> tuple[Source, ...]:
        """Everything that the entry rests on, each once."""
        facts = (*(fact for _, fact in self.facts), *self.quirks)
        named = [*(fact.by for fact in facts), *(guide.by for _, guide in self.guides)]
        return tuple({source.id: source for by in named for source in by}.values())


@dataclass(frozen=True, slots=True)
class Device:
    """What holds for every app on a platform."""

    platform: Platform
    name: str
    within: str
    """The name within a sentence."""
    clock: Steps
    updating: Steps


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All apps, the certified ones first, otherwise in the order of the file."""

    apps: tuple[App, ...] = ()
    devices: tuple[Device, ...] = ()
    sources: tuple[Source, ...] = ()
    _by_id: Mapping[str, App] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the apps."""
        object.__setattr__(self, "_by_id", {app.id: app for app in self.apps})

    def find(self, app_id: str) -> App | None:
        """The app with this id, or None."""
        return self._by_id.get(app_id)

    def title(self, app_id: str) -> str:
        """The app as people say it, "" for none or for one that has left the catalogue."""
        app = self.find(app_id)
        return app.title if app else ""

    @property
    def certified(self) -> tuple[App, ...]:
        """The apps that are certified to work."""
        return tuple(app for app in self.apps if app.certified)

    @property
    def others(self) -> tuple[App, ...]:
        """The rest."""
        return tuple(app for app in self.apps if not app.certified)
