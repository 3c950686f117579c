"""Where a sign-in may lead back to."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twofold.core.paths import MAX_PATH, safe_path, sets_up_anew

GOOD = ["/", "/people", "/people?after=a%40b.example&only=enrolled", "/enrol/abc-DEF_1", "/a//b"]
BAD = [
    None,
    "",
    "people",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "/%2fevil.example",
    "/%2Fevil.example",
    "/%5Cevil.example",
    "/%09/evil.example",
    "/%0a/evil.example",
    "/%0D/evil.example",
    "/\t/evil.example",
    "/a\nb",
    "/a\rb",
    "/a\0b",
    "/a b",
    "/a#b",
    "/a\\b",
    "https://evil.example",
    "javascript:alert(1)",
    "@evil.example",
    "/ä",
    "/\uff0fevil.example",
    "/a\u2028b",
    "/people\n",
    "/sign-in",
    "/sign-in/code",
    "/sign-out",
    "/sign-in?next=/",
    "/" + "a" * MAX_PATH,
]


@pytest.mark.parametrize("asked", GOOD)
def test_a_path_on_this_site_is_kept(asked: str) -> None:
    """With its query."""
    assert safe_path(asked) == asked


@pytest.mark.parametrize("asked", BAD)
def test_everything_else_leads_home(asked: str | None) -> None:
    """Other hosts in every disguise, what is no path, and the sign-in itself."""
    assert safe_path(asked) == "/"
    assert safe_path(asked, "/profile") == "/profile"


def test_the_longest_path_is_kept() -> None:
    """1,024 characters."""
    longest = "/" + "a" * (MAX_PATH - 1)
    assert safe_path(longest) == longest


@given(st.text(alphabet="/\\@:.?#%25fc09ad \t\n\r\0evil", max_size=30))
def test_no_text_leads_off_the_site(asked: str) -> None:
    """Whatever is asked, a browser stays here: no scheme, no host, one slash at the start."""
    path = safe_path(asked)
    parts = urlsplit(path)
    assert (parts.scheme, parts.netloc) == ("", "")
    assert path[0] == "/"
    assert path[1:2] not in ("/", "\\")
    assert path.isprintable()


def test_only_the_link_that_sets_up_anew_asks_for_the_half_finished_sign_in() -> None:
    """Whatever else is asked for may be reached from a trusted browser."""
    assert sets_up_anew("/recover/abc")
    assert not any(map(sets_up_anew, ("/", "/recover", "/profile", "/enrol/abc", "/recovery/abc")))
