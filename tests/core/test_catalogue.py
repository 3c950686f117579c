"""Reading the catalogue: what it holds, and every mistake with its place."""

from datetime import date

import pytest

from twofold.core.apps import Can, Platform, Treatment
from twofold.core.catalogue import CatalogueError, parsed

GOOD = """
[sources.manual]
title = "The manual"
where = "https://example.org/manual"
dated = "2025-06"
read = 2026-11-24

[devices.ios]
name = "iPhone"
within = "on iPhone"
clock = { steps = ["Set it."], by = ["manual"] }
updating = "unknown"

[devices.desktop]
name = "Computer"
within = "on a computer"
clock = { steps = ["Set it there."], by = ["manual"] }
updating = { steps = ["Update it."], by = ["manual"] }

[apps.plain]
name = "Plain"
maker = "Somebody"
certified = false
checked = 2026-11-24
algorithm = { says = "ignores", by = ["manual"], note = "In 2025." }
digits = "unknown"
period = { says = "refuses", by = ["manual"] }
scan = { says = "yes", by = ["manual"] }
key = { says = "no", by = ["manual"] }
link = "unknown"
minimum = "unknown"
quirks = [{ says = "It hums.", by = ["manual"], at_setup = true }]
scanning = { steps = ["Scan it."], by = ["manual"] }
typing = "unknown"
moving = "unknown"

[apps.plain.on.ios]

[apps.plain.on.desktop]
certified = true
scan = { says = "no", by = ["manual"] }
clock = { steps = ["It asks the internet."], by = ["manual"] }
"""


def test_one_app_for_each_platform() -> None:
    """What stands at the product holds, unless the platform says otherwise."""
    catalogue = parsed(GOOD)
    desktop, phone = catalogue.apps
    assert (desktop.id, phone.id) == ("plain-desktop", "plain-ios")
    assert (desktop.certified, phone.certified) == (True, False)
    assert (desktop.scan.says, phone.scan.says) == (Can.NO, Can.YES)
    assert (phone.name, phone.maker, phone.platform) == ("Plain", "Somebody", Platform.IOS)
    assert (phone.algorithm.says, phone.algorithm.note) == (Treatment.IGNORES, "In 2025.")
    assert phone.checked == date(2026, 11, 24)
    assert [device.name for device in catalogue.devices] == ["iPhone", "Computer"]


def test_clock_and_update_are_the_devices_unless_the_app_has_its_own() -> None:
    """Most apps follow the clock of the phone."""
    desktop, phone = parsed(GOOD).apps
    assert phone.clock.steps == ("Set it.",)
    assert desktop.clock.steps == ("It asks the internet.",)
    assert not phone.updating.known
    assert desktop.updating.steps == ("Update it.",)


def test_what_is_not_known_is_known_as_such() -> None:
    """No sources, no steps."""
    phone = parsed(GOOD).apps[1]
    assert (phone.digits.known, phone.digits.by, phone.typing.steps) == (False, (), ())
    assert phone.period.known
    assert [source.title for source in phone.sources] == ["The manual"]
    assert [quirk.says for quirk in phone.warnings] == ["It hums."]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("[sources.manual]", "[sources.manual", "cannot be read"),
        ("[sources.manual]", "extra = 1\n[sources.manual]", "nobody reads: extra"),
        ('dated = "2025-06"', 'dated = "June"', "sources.manual: dated"),
        ('dated = "2025-06"', "", "sources.manual lacks dated"),
        ("read = 2026-11-24", 'read = "today"', "sources.manual.read is a day"),
        ("read = 2026-11-24", "read = 2026-11-24T10:00:00", "sources.manual.read is a day"),
        ("[devices.ios]", "[devices.toaster]", "devices.toaster is none of"),
        ("[apps.plain.on.ios]", "[apps.plain.on.android]", "on.android is none of"),
        ('maker = "Somebody"', "", "apps.plain-ios lacks maker"),
        ('maker = "Somebody"', 'maker = ""', "apps.plain-ios.maker is a text"),
        ('maker = "Somebody"', 'marker = "Somebody"', "nobody reads: marker"),
        ('digits = "unknown"', "", "apps.plain-ios lacks digits"),
        ('digits = "unknown"', 'digits = "maybe"', "apps.plain-ios.digits is a table"),
        ('"refuses", by = ["manual"]', '"refuses"', "apps.plain-ios.period: a fact names"),
        ('"refuses", by = ["manual"]', '"refuses", by = []', "apps.plain-ios.period: a fact"),
        ('"refuses", by = ["manual"]', '"refuses", by = [1]', "there is no source 1"),
        ('"refuses", by = ["manual"]', '"refuses", by = ["x"]', "there is no source 'x'"),
        ('"refuses", by', '"dislikes", by', "“dislikes” is none of honours, ignores, refuses"),
        ('"refuses", by', '"unknown", by', "“unknown” is none of"),
        ('key = { says = "no"', 'key = { says = "ignores"', "“ignores” is none of no, unknown"),
        ('steps = ["Scan it."]', "steps = []", "apps.plain-ios.scanning: steps is a list"),
        ('steps = ["Scan it."]', 'steps = [" "]', "apps.plain-ios.scanning: steps is a list"),
        ("certified = false", "", "apps.plain-ios lacks certified"),
        ("certified = false", 'certified = "no"', "apps.plain-ios.certified is true or false"),
        ("checked = 2026-11-24", "checked = 2026", "apps.plain-ios.checked is a day"),
        ("quirks = [", "quirks = 1 #", "apps.plain-ios: quirks is a list"),
        ("at_setup = true", "at_setup = 1", "apps.plain-ios.quirks.at_setup"),
        ("[apps.plain]", "[apps.Plain]", "apps.Plain lacks on"),
        ("[devices.ios]", "[sources.b]\ntitle = 'B'\nwhere = 'b'\ndated = '2025'\n"
         "read = 2026-11-24\n[devices.ios]", "Nothing rests on these sources: b"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(old: str, new: str, told: str) -> None:
    """So that whoever adds an app finds it at once."""
    assert GOOD.count(old) >= 1
    with pytest.raises(CatalogueError) as refused:
        parsed(GOOD.replace(old, new, 1))
    assert told in str(refused.value)


def test_an_empty_catalogue_and_a_strange_id_are_refused() -> None:
    """Something must be there, and ids stand in addresses."""
    with pytest.raises(CatalogueError, match="lacks sources"):
        parsed("")
    with pytest.raises(CatalogueError, match="apps is empty"):
        parsed(GOOD.split("[apps.plain]")[0] + "[apps]\n")
    with pytest.raises(CatalogueError, match="an id is small letters"):
        parsed(GOOD.replace("apps.plain", 'apps."Two Words"'))
