"""All four readers take the QR code from a screenshot of the page, in every look of it."""

from typing import Any

import pytest

from tests.apps.names import somebody
from tests.apps.readers import READERS
from tests.apps.record import LOOKS, READ, Table, note
from tests.apps.walk import enter, photograph
from tests.journeys.conftest import NewPage

MAKES: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "forced colours": {"forced_colors": "active", "color_scheme": "dark"},
    "small phone": {"viewport": {"width": 320, "height": 640}, "device_scale_factor": 2},
}


@pytest.mark.parametrize("look", LOOKS)
def test_every_reader_reads_every_look(new_page: NewPage, look: str) -> None:
    """What each reads is what the link on the page says."""
    page = new_page(**MAKES[look])
    enter(page, somebody(look))
    photo = photograph(page)
    for reader, read in READERS.items():
        (text,) = read([photo.picture])
        note(Table.READERS, reader, look, READ if text == photo.link else repr(text))
