"""Reads the catalogue of authenticator apps from the text of `data/apps.toml`.

Strict, so that a mistake in the data stops the start and not the help page: every field must be
there, nothing else may be, and every fact rests on a source.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from twofold.core.apps import (
    ALLOWED,
    GUIDES,
    OF_THE_DEVICE,
    UNDATED,
    UNKNOWN,
    App,
    Catalogue,
    Device,
    Fact,
    Platform,
    Source,
    Steps,
)

_APP_FIELDS = frozenset({"name", "maker", "certified", "checked", "quirks", *ALLOWED, *GUIDES})
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_Table = Mapping[str, Any]


class CatalogueError(ValueError):
    """The catalogue cannot be read; the message says where and why."""


def parsed(text: str) -> Catalogue:
    """The catalogue from the text of its file.

    Raises `CatalogueError` with the place and the reason: text that is no TOML, a field that is
    missing or not known, a fact without a source, a source that nobody uses.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CatalogueError(f"apps.toml cannot be read: {error}") from None
    _only(tables, "apps.toml", {"sources", "devices", "apps"})
    sources = {id_: _source(id_, table) for id_, table in _tables(tables, "sources")}
    reader = _Reader(sources, set())
    devices = {
        platform: _device(reader, Platform(platform), table)
        for platform, table in _tables(tables, "devices", allowed=set(Platform))
    }
    apps = [
        app
        for product, table in _tables(tables, "apps")
        for app in _apps(reader, product, table, devices)
    ]
    if unused := sorted(set(sources) - reader.used):
        raise CatalogueError(f"Nothing rests on these sources: {', '.join(unused)}.")
    apps.sort(key=lambda app: not app.certified)
    return Catalogue(tuple(apps), tuple(devices.values()), tuple(sources.values()))


@dataclass(frozen=True, slots=True)
class _Reader:
    """Turns values of the file into facts and steps, and remembers which sources were named."""

    sources: Mapping[str, Source]
    used: set[str]

    def fact(self, value: object, place: str, allowed: frozenset[str] | None = None) -> Fact:
        if value == UNKNOWN:
            return Fact(UNKNOWN, ())
        table = _table(value, place)
        _only(table, place, {"says", "by", "note", "at_setup"})
        says = _words(table, "says", place)
        if says == UNKNOWN or (allowed is not None and says not in allowed):
            raise CatalogueError(
                f"{place}: “{says}” is none of {', '.join(sorted(allowed or ()))}."
            )
        note = _words(table, "note", place) if "note" in table else ""
        return Fact(says, self._by(table, place), note, _flag(table, "at_setup", place))

    def steps(self, value: object, place: str) -> Steps:
        if value == UNKNOWN:
            return Steps((), ())
        table = _table(value, place)
        _only(table, place, {"steps", "by"})
        steps = table.get("steps")
        if not isinstance(steps, list) or not steps or not all(map(_is_words, steps)):
            raise CatalogueError(f"{place}: steps is a list of sentences.")
        return Steps(tuple(steps), self._by(table, place))

    def _by(self, table: _Table, place: str) -> tuple[Source, ...]:
        named = table.get("by")
        if not isinstance(named, list) or not named:
            raise CatalogueError(f"{place}: a fact names at least one source in `by`.")
        for id_ in named:
            if not isinstance(id_, str) or id_ not in self.sources:
                raise CatalogueError(f"{place}: there is no source {id_!r}.")
        self.used.update(named)
        return tuple(self.sources[id_] for id_ in named)


def _source(id_: str, table: _Table) -> Source:
    place = f"sources.{id_}"
    _only(table, place, {"title", "where", "dated", "read"})
    title, where, dated = (_words(table, name, place) for name in ("title", "where", "dated"))
    if dated != UNDATED and not re.fullmatch(r"\d{4}(-\d\d){0,2}", dated):
        raise CatalogueError(f"{place}: dated is like 2025, 2025-06 or 2025-06-30, or undated.")
    return Source(id_, title, where, dated, _day(table, "read", place))


def _device(reader: _Reader, platform: Platform, table: _Table) -> Device:
    place = f"devices.{platform}"
    _only(table, place, {"name", "within", *OF_THE_DEVICE})
    clock, updating = (
        reader.steps(_present(table, name, place), f"{place}.{name}") for name in OF_THE_DEVICE
    )
    name, within = _words(table, "name", place), _words(table, "within", place)
    return Device(platform, name, within, clock, updating)


def _apps(
    reader: _Reader, product: str, table: _Table, devices: Mapping[str, Device]
) -> Iterator[App]:
    """One app for each platform under `on`, which may say otherwise than the product does."""
    shared = {name: value for name, value in table.items() if name != "on"}
    for platform, own in _tables(table, "on", place=f"apps.{product}", allowed=set(devices)):
        yield _app(reader, f"{product}-{platform}", {**shared, **own}, devices[platform])


def _app(reader: _Reader, id_: str, table: _Table, device: Device) -> App:
    place = f"apps.{id_}"
    if not _ID.fullmatch(id_):
        raise CatalogueError(f"{place}: an id is small letters, digits and hyphens.")
    _only(table, place, set(_APP_FIELDS))
    _present(table, "certified", place)
    quirks = _present(table, "quirks", place)
    if not isinstance(quirks, list):
        raise CatalogueError(f"{place}: quirks is a list.")

    def fact(name: str) -> Fact:
        return reader.fact(_present(table, name, place), f"{place}.{name}", ALLOWED[name])

    def guide(name: str) -> Steps:
        return _guide(reader, table, name, place, device)

    return App(
        id=id_,
        name=_words(table, "name", place),
        maker=_words(table, "maker", place),
        platform=device.platform,
        device=device.name,
        on_device=device.within,
        certified=_flag(table, "certified", place),
        checked=_day(table, "checked", place),
        algorithm=fact("algorithm"),
        digits=fact("digits"),
        period=fact("period"),
        scan=fact("scan"),
        key=fact("key"),
        link=fact("link"),
        minimum=fact("minimum"),
        quirks=tuple(reader.fact(quirk, f"{place}.quirks") for quirk in quirks),
        scanning=guide("scanning"),
        typing=guide("typing"),
        clock=guide("clock"),
        updating=guide("updating"),
        moving=guide("moving"),
    )


def _guide(reader: _Reader, table: _Table, name: str, place: str, device: Device) -> Steps:
    """An app's own steps; clock and update are those of the device where it has none."""
    if name in OF_THE_DEVICE and name not in table:
        inherited: Steps = getattr(device, name)
        return inherited
    return reader.steps(_present(table, name, place), f"{place}.{name}")


def _tables(
    table: _Table, name: str, *, place: str = "apps.toml", allowed: Iterable[str] = ()
) -> Iterator[tuple[str, _Table]]:
    """The tables under `name`, of which there is at least one."""
    inner = _table(_present(table, name, place), f"{place}: {name}")
    if not inner:
        raise CatalogueError(f"{place}: {name} is empty.")
    for key, value in inner.items():
        if allowed and key not in allowed:
            raise CatalogueError(f"{place}: {name}.{key} is none of {', '.join(sorted(allowed))}.")
        yield key, _table(value, f"{name}.{key}")


def _only(table: _Table, place: str, allowed: set[str]) -> None:
    if strange := sorted(set(table) - allowed):
        raise CatalogueError(f"{place} has fields that nobody reads: {', '.join(strange)}.")


def _present(table: _Table, name: str, place: str) -> object:
    if name not in table:
        raise CatalogueError(f"{place} lacks {name}.")
    return table[name]


def _table(value: object, place: str) -> _Table:
    if not isinstance(value, dict):
        raise CatalogueError(f"{place} is a table, or the word {UNKNOWN} where nothing is known.")
    return value


def _is_words(value: object) -> bool:
    return isinstance(value, str) and bool(value) and value == value.strip()


def _words(table: _Table, name: str, place: str) -> str:
    value = _present(table, name, place)
    if not isinstance(value, str) or not _is_words(value):
        raise CatalogueError(f"{place}.{name} is a text.")
    return value


def _flag(table: _Table, name: str, place: str) -> bool:
    value = table.get(name, False)
    if not isinstance(value, bool):
        raise CatalogueError(f"{place}.{name} is true or false.")
    return value


def _day(table: _Table, name: str, place: str) -> date:
    value = _present(table, name, place)
    if type(value) is not date:
        raise CatalogueError(f"{place}.{name} is a day, like 2026-11-24.")
    return value
