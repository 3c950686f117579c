"""Every program and every reader takes every name as it is meant."""

import pytest
from playwright.sync_api import Page

from tests.apps.names import GROUPS, Name
from tests.apps.programs import PROGRAMS, Entry, Shown, installed
from tests.apps.readers import READERS
from tests.apps.record import CODE, NAMES_AND_CODE, READ, Table, note
from tests.apps.walk import Photographed, enter, photograph, scanned, shows_the_names
from tests.journeys.steps import heading, saved

pytestmark = pytest.mark.timeout(300)

A_MOMENT = "@2033-05-18 03:33:20"
"""For comparing codes: the start of a step, and a whole one to do it in."""

Group = tuple[Name, ...]


@pytest.mark.parametrize("names", GROUPS, ids=lambda names: f"{names[0].id}-{names[-1].id}")
def test_every_program_and_reader_takes_every_name(page: Page, names: Group) -> None:
    """Each is set up in the browser. The four readers read what the link says, every program that
    shows names shows these, and all programs show the same code.
    """
    photos = [set_up(page, name) for name in names]
    for reader, read in READERS.items():
        texts = read([photo.picture for photo in photos])
        for name, photo, text in zip(names, photos, texts, strict=True):
            note(Table.NAMES, name.id, reader, READ if text == photo.link else repr(text))
    entries = [scanned(photo, name) for photo, name in zip(photos, names, strict=True)]
    shown = {program: by_program(program, entries) for program in PROGRAMS}
    for program, rows in shown.items():
        for name, row, reference in zip(names, rows, shown["oathtool"], strict=True):
            note(Table.NAMES, name.id, program, words(row, name, reference))


def set_up(page: Page, name: Name) -> Photographed:
    """From the sign-in to the saved set-up, with a code by oathtool."""
    enter(page, name)
    photo = photograph(page)
    shows_the_names(page, name)
    with installed("oathtool", [scanned(photo, name)]) as phone:
        saved(page, phone.show()[0].code)
    heading(page, "My Profile")
    return photo


def by_program(program: str, entries: list[Entry]) -> list[Shown]:
    """What one program shows for all entries at the same moment."""
    with installed(program, entries) as phone:
        return phone.show(A_MOMENT)


def words(shown: Shown, name: Name, reference: Shown) -> str:
    """What a program shows, in the words of the page."""
    if shown.code != reference.code:
        return f"the code {shown.code}, not {reference.code}"
    if shown == Shown(reference.code):
        return CODE
    names = (shown.issuer, shown.account)
    return NAMES_AND_CODE if names == (name.issuer, name.account) else repr(names)
