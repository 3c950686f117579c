"""What is read out of the reports of mail servers, and what is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.mail.reports import ID, MAILERS, TAKEN_AT, postfix
from twofold.core.mail_reports import MOST_BYTES, Action, Report, from_values, read


def only(raw: bytes) -> Report:
    """The one report of a message."""
    (report,) = read(raw)
    return report


@pytest.mark.parametrize("mailer", MAILERS)
def test_every_big_mailer_is_understood(mailer: str) -> None:
    """Which mail, to whom, and that it will not arrive."""
    report = only(MAILERS[mailer](ID))
    assert report.message_id == ID
    assert report.recipient == "ann@acme.example"
    assert report.action is Action.FAILED
    assert report.status in ("5.1.1", "5.0.0", "5.1.10")
    assert report.is_final
    assert report.detail


@pytest.mark.parametrize("mailer", ["postfix", "exchange", "gmail"])
def test_the_time_is_that_at_which_the_server_took_our_mail(mailer: str) -> None:
    """In whatever zone the server writes it."""
    assert only(MAILERS[mailer](ID)).taken_at == TAKEN_AT


def test_the_diagnosis_is_one_line_in_the_servers_words() -> None:
    """Unfolded, and without the type in front."""
    assert only(postfix()).detail == (
        "550 5.1.1 <ann@acme.example>: Recipient address rejected: User unknown in local recipient"
        " table"
    )
    assert only(MAILERS["old exim"](ID)).detail == "550 5.1.1 Recipient unknown"


def test_without_a_diagnosis_the_code_is_said_in_words() -> None:
    """By its class and subject (RFC 3463)."""
    assert only(postfix(said="")).detail == "5.1.1 The address does not exist."
    assert only(postfix(said="", status="5.9.9")).detail == (
        "5.9.9 The mail server gives no reason."
    )


def test_without_anything_of_ours_the_address_and_the_time_remain() -> None:
    """A server that returns nothing."""
    report = only(postfix(returned=False))
    assert (report.message_id, report.recipient) == ("", "ann@acme.example")
    assert report.taken_at == TAKEN_AT


def test_without_a_time_of_the_server_that_of_our_own_mail_counts() -> None:
    """Its date is the moment at which we sent it."""
    assert only(postfix(date="yesterday")).taken_at == TAKEN_AT - 5


@pytest.mark.parametrize(
    ("action", "status", "final"),
    [
        ("failed", "5.1.1", True),
        ("Failed (after all)", "5.2.2", True),
        ("failed", "4.4.7", True),
        ("failed", "", True),
        ("failed", "2.0.0", False),
        ("delayed", "4.4.1", False),
        ("delayed", "5.0.0", False),
        ("delivered", "2.1.5", False),
        ("relayed", "2.0.0", False),
        ("expanded", "2.0.0", False),
    ],
)
def test_only_a_failure_is_final(action: str, status: str, final: bool) -> None:
    """Also that of a server which gave up after days, with the code of a passing trouble."""
    assert only(postfix(action=action, status=status)).is_final is final


def test_an_action_that_nobody_knows_reports_nothing() -> None:
    """And neither does none."""
    assert read(postfix(action="exploded")) == ()
    assert read(postfix(action="")) == ()


def test_a_report_about_several_receivers_says_something_of_each() -> None:
    """A group each (RFC 3464 section 2)."""
    one = postfix().decode()
    group = one[one.index("Final-Recipient") : one.index("--4A6B.1/mx\nContent-Type: text/rfc822")]
    two = one.replace(group, group + group.replace("ann@", "ben@").replace("failed", "delayed"))
    first, second = read(two.encode())
    assert (first.recipient, first.action) == ("ann@acme.example", Action.FAILED)
    assert (second.recipient, second.action) == ("ben@acme.example", Action.DELAYED)


def test_no_more_groups_are_read_than_a_mail_can_have() -> None:
    """Ten, where ours go to one receiver each."""
    one = postfix().decode()
    group = one[one.index("Final-Recipient") : one.index("--4A6B.1/mx\nContent-Type: text/rfc822")]
    assert len(read(one.replace(group, group * 5000).encode())) == 10


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\0\0\0",
        b"Subject: Out of office\n\nI am away until Monday.\n",
        b"Content-Type: multipart/report\n\nno boundary at all",
        b'Content-Type: multipart/report; boundary=""\n\n--\n--\n',
        b"Content-Type: multipart/report; boundary*=unknown'x'%FF\n\n--a\n\nAction: failed\n",
        b"X-Failed-Recipients: ann@acme.example\nContent-Type: text/html\n\n<p>no</p>",
    ],
)
def test_what_is_no_report_reports_nothing(raw: bytes) -> None:
    """An answer from a holiday, an empty message, broken headers."""
    assert read(raw) == ()


def test_a_report_inside_what_is_returned_is_not_one() -> None:
    """Somebody forwards a report, or returns a mail that holds one."""
    inner = postfix().decode().replace("4A6B.1/mx", "inner")
    outer = (
        'Content-Type: multipart/mixed; boundary="outer"\n\n--outer\nContent-Type: text/plain\n\n'
        f"See below.\n--outer\nContent-Type: message/rfc822\n\n{inner}\n--outer--\n"
    )
    assert read(outer.encode()) == ()


def test_a_report_that_a_gateway_has_wrapped_is_read() -> None:
    """It stands in a multipart of the gateway's own."""
    body = postfix().decode().partition("MIME-Version: 1.0\n")[2]
    wrapped = (
        'Content-Type: multipart/mixed; boundary="gate"\n\n--gate\nContent-Type: text/plain\n\n'
        f"Scanned.\n--gate\n{body}\n--gate--\n"
    )
    assert only(wrapped.encode()).message_id == ID


def test_a_tower_of_parts_is_not_climbed() -> None:
    """A message may say that it is as deep as it likes."""
    raw = "".join(
        f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(20_000)
    )
    assert read(raw.encode() + postfix()) == ()


def test_a_million_bytes_are_read_as_far_as_the_report_goes() -> None:
    """What stands behind the limit does not matter, in front of it the report is found."""
    returned = postfix().replace(b"\n--4A6B.1/mx--", b"\n" + b"x" * 1_000_000 + b"\n--4A6B.1/mx--")
    assert only(returned).message_id == ID
    buried = postfix().replace(b"This is the mail system", b"y" * 1_000_000)
    assert read(buried) == ()
    assert read(b"-" * MOST_BYTES) == ()
    assert read(b'Content-Type: multipart/report; boundary="a"\n\n' + b"--a\n" * 300_000) == ()
    assert read(b"a: b\n" * 300_000) == ()


def test_foreign_ids_are_not_ours() -> None:
    """Only what ends in our own domain names a mail."""
    assert only(postfix("<4711@other.example>")).message_id == ""
    assert only(postfix("<x@twofold.mail.evil.example>")).message_id == ""
    assert only(postfix("<" + "a" * 65 + "@twofold.mail>")).message_id == ""


def test_nothing_in_a_detail_can_be_a_link_or_move_a_line() -> None:
    """A server may repeat the address that it did not like; a forger writes what they want."""
    token = "x7Kq0p3vN9yZr1tB5uC8dE2fG4hJ6kLmQwSaPoIiUyT"
    said = f"smtp; 554 5.7.1 blocked https://login.acme.example/enrol/{token}\u202e\x1b[2J spam"
    detail = only(postfix(said=said)).detail
    assert token not in detail
    assert detail == "554 5.7.1 blocked https://login.acme.example/enrol/… [2J spam"
    assert len(only(postfix(said="5 " * 5000)).detail) == 300


def test_an_address_that_is_none_is_left_out() -> None:
    """It would be looked up."""
    assert only(postfix(recipient="postmaster")).recipient == ""
    assert only(postfix(recipient="a" * 300 + "@x.example")).recipient == ""


@given(st.binary(max_size=2000))
def test_no_bytes_make_it_fail(raw: bytes) -> None:
    """Whoever can send us a mail decides what is read here."""
    read(raw)


@given(st.integers(0, 2500), st.integers(0, 200), st.binary(max_size=40))
def test_no_damage_to_a_report_makes_it_fail(at: int, cut: int, put: bytes) -> None:
    """A piece is taken out, and something else stands there. What is left of an id is either none
    or one of ours: damage inside an id makes one that no mail has.
    """
    for mailer in MAILERS.values():
        raw = mailer(ID)
        for report in read(raw[:at] + put + raw[at + cut :]):
            assert report.message_id == "" or report.message_id.endswith("@twofold.mail>")
            assert "\n" not in report.message_id
            assert "\n" not in report.detail


@given(st.text(max_size=300))
def test_a_detail_is_short_and_on_one_line(said: str) -> None:
    """Whatever a server says."""
    report = from_values({"message_id": ID, "action": "failed", "detail": said})
    assert isinstance(report, Report)
    assert report.detail == report.detail.strip()
    assert 0 < len(report.detail) <= 300
    assert report.detail.isprintable()


def test_a_hook_says_the_same_in_four_words() -> None:
    """With the angle brackets of the id or without, in any case of the action."""
    values = {"message_id": ID, "action": "Failed", "status": "5.1.1", "detail": "550 nobody"}
    expected = Report(ID, "", Action.FAILED, "5.1.1", "550 nobody", None)
    assert from_values(values) == expected
    assert from_values({**values, "message_id": ID.strip("<>")}) == expected


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ("failed", "Each report is an object with message_id, action, status and detail."),
        ({"message_id": ID, "action": 5}, "message_id, action, status and detail are text."),
        ({}, "message_id is not one of ours: they end in @twofold.mail."),
        ({"message_id": "<1@x.example>", "action": "failed"},
         "message_id is not one of ours: they end in @twofold.mail."),
        ({"message_id": ID, "action": "bounce"},
         "action is one of failed, delayed, delivered, relayed, expanded."),
    ],
)  # fmt: skip
def test_a_hook_is_told_what_is_wrong(values: object, said: str) -> None:
    """In one sentence that names the field."""
    assert from_values(values) == said
