"""Roles and addresses."""

import pytest

from twofold.core.people import Role, email_key


def test_roles_rise_from_member_to_owner() -> None:
    """They compare by rank; admins and owners see the admin's pages."""
    assert [role.rank for role in (Role.MEMBER, Role.HELPDESK, Role.ADMIN, Role.OWNER)] == [
        0, 1, 2, 3,
    ]  # fmt: skip
    assert [role.is_admin for role in Role] == [False, False, True, True]


@pytest.mark.parametrize(
    "spelling",
    ["ann@example.org", " Ann@Example.ORG\t", "ａnn@example.org", "ann@example.org\n"],
)
def test_one_mailbox_has_one_key(spelling: str) -> None:
    """Case, blanks around it and Unicode form do not make another person."""
    assert email_key(spelling) == "ann@example.org"


def test_the_key_of_a_key_is_itself() -> None:
    """Folding can leave a form that NFKC changes again: the key is stable all the same."""
    for text in ("ﬁﬂ@example.org", "İ@example.org", "ẞ@example.org", "ͅ@x.org"):
        assert email_key(email_key(text)) == email_key(text)
