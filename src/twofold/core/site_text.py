"""Protected sites as an admin writes them: a site on a line, its rules under it.

https://wiki.example.org
  /         session
  /admin    second factor, group Operators, fresh 15
  = /ping   public
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from twofold.core.groups import name_key
from twofold.core.people import Role
from twofold.core.rules import Target, TargetKind
from twofold.core.site_urls import Origin, plain_path, read_origin
from twofold.core.sites import MAX_FRESH, MAX_RULES, MAX_SITES, Assurance, Site, SiteRule, Sites

MAX_TEXT = 20_000
"""Characters of the whole text."""
_RULE = re.compile(r"(=\s*)?(\S+)\s+(\S.*)")
_WORD = re.compile(r'\s*((?:"[^"]*"|[^,"])+)\s*(?:,|\Z)')
ASKS = ", ".join(one.value for one in Assurance)
ROLES = tuple(role.value for role in Role)


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why a text cannot be taken."""

    line: int
    """Counted from 1; 0 for the whole text."""
    sentence: str

    def __str__(self) -> str:
        return f"Line {self.line}: {self.sentence}" if self.line else self.sentence


@dataclass(slots=True)
class _Draft:
    """A site while it is read."""

    line: int
    origin: Origin
    rules: list[SiteRule] = field(default_factory=list)


def read_sites(text: str, groups: Mapping[str, str], *, own_host: str) -> Sites | Wrong:
    """The sites in a text, or the first thing that is wrong in it.

    `groups` are the account's: id by name. `own_host` is where Twofold itself lives: it cannot
    protect itself, and a cookie does not tell ports apart.
    """
    if len(text) > MAX_TEXT:
        return Wrong(0, f"That is too long: at most {MAX_TEXT} characters.")
    by_key = {name_key(name): id_ for name, id_ in groups.items()}
    drafts: list[_Draft] = []
    for number, line in enumerate(text.splitlines(), 1):
        written = line.strip()
        if not written or written.startswith("#"):
            continue
        if "://" in written and not written.startswith(("/", "=")):
            wrong = _begin(drafts, number, written, own_host)
        elif not drafts:
            wrong = "Name the site first, as https://wiki.example.org, and its rules under it."
        else:
            wrong = _add_rule(drafts[-1].rules, written, by_key)
        if wrong is not None:
            return Wrong(number, wrong)
    for draft in drafts:
        if not draft.rules:
            return Wrong(draft.line, f"{draft.origin} has no rule, so nobody could open it.")
    return tuple(Site(draft.origin, tuple(draft.rules)) for draft in drafts)


def _begin(drafts: list[_Draft], number: int, written: str, own_host: str) -> str | None:
    origin = read_origin(written)
    if isinstance(origin, str):
        return origin
    if origin.host == own_host:
        return f"{origin.host} is where Twofold itself lives. Give the site a name of its own."
    if any(origin.host == one.origin.host for one in drafts):
        return f"{origin.host} stands here twice. Browsers share cookies between its ports."
    if len(drafts) >= MAX_SITES:
        return f"At most {MAX_SITES} sites."
    drafts.append(_Draft(number, origin))
    return None


def _add_rule(rules: list[SiteRule], written: str, groups: Mapping[str, str]) -> str | None:
    found = _RULE.fullmatch(written)
    if found is None:
        return "Write a path and what it asks for, as /admin second factor."
    exact, path, asked = found[1] is not None, found[2], found[3]
    plain = plain_path(quote(path, safe="/%:@!$&'()*+,;=~[]")) if path.startswith("/") else None
    if plain is None or "?" in path:
        return f"“{path[:60]}” is no plain path. Begin with one slash; no dots, query or //."
    if any((one.exact, one.path.lower()) == (exact, plain.lower()) for one in rules):
        return f"{path} stands here twice, or differs in capital letters only."
    if len(rules) >= MAX_RULES:
        return f"At most {MAX_RULES} rules for a site."
    rule = _asked(plain, exact, asked, groups)
    if isinstance(rule, str):
        return rule
    rules.append(rule)
    return None


def _asked(path: str, exact: bool, asked: str, groups: Mapping[str, str]) -> SiteRule | str:
    """The rule in words such as `second factor, group Operators, fresh 15`."""
    words = [word.strip() for word in _WORD.findall(asked)]
    if not words or "".join(_WORD.sub("", asked).split()):
        return 'A quote is open. Write the name as group "Sales, North".'
    kind = " ".join(words[0].lower().split())
    if kind not in set(Assurance):
        return f"“{words[0][:40]}” is none of: {ASKS}."
    only: list[Target] = []
    fresh = 0
    for word in words[1:]:
        name, _, value = word.partition(" ")
        value = value.strip().strip('"').strip()
        if name == "fresh":
            if not (value.isascii() and value.isdigit() and 0 < int(value[:6]) <= MAX_FRESH):
                return f"Write fresh with 1 to {MAX_FRESH} minutes, as fresh 15."
            fresh = int(value)
            continue
        target = _target(name, value, groups)
        if isinstance(target, str):
            return target
        only.append(target)
    if kind == Assurance.PUBLIC and (only or fresh):
        return "What is public is open to everybody at any time. Leave the rest out."
    return SiteRule(path, exact, Assurance(kind), tuple(only), fresh)


def _target(name: str, value: str, groups: Mapping[str, str]) -> Target | str:
    if name == "role":
        if value not in ROLES:
            return f"“{value[:40]}” is none of the roles: {', '.join(ROLES)}."
        return Target(TargetKind.ROLE, value)
    if name == "group":
        id_ = groups.get(name_key(value))
        return Target(TargetKind.GROUP, id_) if id_ else f"No group is called “{value[:60]}”."
    return f"“{name[:40]}” is none of: group, role, fresh."


def write_sites(sites: Sites, names: Mapping[str, str]) -> str:
    """The text that `read_sites` reads; `names` are the account's groups, name by id."""
    return "\n".join(_site_text(site, names) for site in sites)


def _site_text(site: Site, names: Mapping[str, str]) -> str:
    paths = [("= " if r.exact else "") + shown_path(r) for r in site.rules]
    width = max((len(path) for path in paths), default=0)
    lines = [
        f"  {path.ljust(width)}  {asked_words(rule, names)}"
        for path, rule in zip(paths, site.rules, strict=True)
    ]
    return "\n".join([str(site.origin), *lines]) + "\n"


def shown_path(rule: SiteRule) -> str:
    """The path as it stands in an address."""
    return quote(rule.path, safe="/:@!$&'()*+,;=~")


def asked_words(rule: SiteRule, names: Mapping[str, str]) -> str:
    """What a rule asks for, as it is written."""
    words = [rule.assurance.value]
    for one in rule.only:
        if one.kind is TargetKind.ROLE:
            words.append(f"role {one.value}")
        else:
            name = names.get(one.value, "a group that is gone")
            words.append(f'group "{name}"' if "," in name else f"group {name}")
    if rule.fresh:
        words.append(f"fresh {rule.fresh}")
    return ", ".join(words)
