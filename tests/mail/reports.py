"""Reports as the mail servers of this world write them, about a mail of ours."""

from collections.abc import Callable

ID = "<0199c8d2-3f10-7abc-8123-456789abcdef@twofold.mail>"
TAKEN_AT = 1795530725
"""Tue, 24 Nov 2026 14:32:05 +0000."""

RETURNED = """\
From: Twofold <twofold@acme.example>
To: ann@acme.example
Subject: Set up two-factor authentication for Acme Instruments
Date: Tue, 24 Nov 2026 14:32:00 +0000
Message-ID: {message_id}
Auto-Submitted: auto-generated
"""


def postfix(
    message_id: str = ID,
    *,
    action: str = "failed",
    status: str = "5.1.1",
    recipient: str = "ann@acme.example",
    said: str = "smtp; 550 5.1.1 <ann@acme.example>: Recipient address rejected:\n"
    "    User unknown in local recipient table",
    date: str = "Tue, 24 Nov 2026 14:32:05 +0000 (UTC)",
    returned: bool = True,
) -> bytes:
    """Postfix: the headers of our mail in `text/rfc822-headers`, the diagnosis folded."""
    headers = RETURNED.format(message_id=message_id)
    last = f"--4A6B.1/mx\nContent-Type: text/rfc822-headers\n\n{headers}\n" if returned else ""
    return f"""\
Return-Path: <>
From: MAILER-DAEMON@mx.acme.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: bounces@acme.example
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="4A6B.1/mx"

This is a MIME-encapsulated message.

--4A6B.1/mx
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.acme.example.

--4A6B.1/mx
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.acme.example
X-Postfix-Queue-ID: 4C0FFEE
X-Postfix-Sender: rfc822; bounces@acme.example
Arrival-Date: {date}

Final-Recipient: rfc822; {recipient}
Original-Recipient: rfc822;{recipient}
Action: {action}
Status: {status}
Remote-MTA: dns; mail.acme.example
Diagnostic-Code: {said}

{last}--4A6B.1/mx--
""".encode()


def exim(message_id: str = ID) -> bytes:
    """Exim: CRLF, and the whole mail in `message/rfc822`."""
    text = f"""\
Return-path: <>
From: Mail Delivery System <Mailer-Daemon@exim.example>
To: bounces@acme.example
References: {message_id}
X-Failed-Recipients: ann@acme.example
Auto-Submitted: auto-replied
Content-Type: multipart/report; report-type=delivery-status; boundary=1726-eximdsn-99
MIME-Version: 1.0
Subject: Mail delivery failed: returning message to sender

--1726-eximdsn-99
Content-type: text/plain; charset=us-ascii

This message was created automatically by mail delivery software.

--1726-eximdsn-99
Content-type: message/delivery-status

Reporting-MTA: dns; exim.example

Action: failed
Final-Recipient: rfc822;ann@acme.example
Status: 5.0.0
Remote-MTA: dns; mail.acme.example
Diagnostic-Code: smtp; 550 no mailbox here by that name

--1726-eximdsn-99
Content-type: message/rfc822

Return-path: <bounces@acme.example>
{RETURNED.format(message_id=message_id)}
Hello Ann Example,

--1726-eximdsn-99--
"""
    return text.replace("\n", "\r\n").encode()


def old_exim(message_id: str = ID) -> bytes:
    """Exim of older years: no report in parts, a text for people alone."""
    return f"""\
X-Failed-Recipients: ann@acme.example
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@exim.example>
To: bounces@acme.example
Subject: Mail delivery failed: returning message to sender

A message that you sent could not be delivered. This is a permanent error.

  ann@acme.example
    host mail.acme.example [192.0.2.7]
    SMTP error from remote mail server after RCPT TO:<ann@acme.example>:
    550 5.1.1 Recipient unknown

------ This is a copy of the message, including all the headers. ------

{RETURNED.format(message_id=message_id)}
Hello Ann Example,
""".encode()


def exchange(message_id: str = ID) -> bytes:
    """Exchange: a text and an HTML part in a multipart of their own, and a UTF-8 display name."""
    return f"""\
From: <postmaster@acme.example>
To: bounces@acme.example
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
 boundary="b7f0a1c2-d3e4_report"
Message-ID: <8f31@ex01.acme.example>
In-Reply-To: {message_id}
References: {message_id}
Subject: =?utf-8?B?VW56dXN0ZWxsYmFyOiBTZXQgdXA=?=

--b7f0a1c2-d3e4_report
Content-Type: multipart/alternative; differences=Content-Type;
 boundary="b7f0a1c2-d3e4_body"

--b7f0a1c2-d3e4_body
Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: base64

RGllIEFkcmVzc2Uga29ubnRlIG5pY2h0IGdlZnVuZGVuIHdlcmRlbi4=

--b7f0a1c2-d3e4_body
Content-Type: text/html; charset="utf-8"

<html><body>Not found.</body></html>

--b7f0a1c2-d3e4_body--

--b7f0a1c2-d3e4_report
Content-Type: message/delivery-status

Reporting-MTA: dns;ex01.acme.example
Received-From-MTA: dns;mail.acme.example
Arrival-Date: Tue, 24 Nov 2026 15:32:05 +0100

Original-Recipient: rfc822;ann@acme.example
Final-Recipient: rfc822;ann.example@corp.acme.example
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by lookup
X-Display-Name: =?utf-8?Q?Ann?=

--b7f0a1c2-d3e4_report
Content-Type: message/rfc822

{RETURNED.format(message_id=message_id)}
--b7f0a1c2-d3e4_report--
""".encode()


def gmail(message_id: str = ID) -> bytes:
    """Gmail: the id also in the status part; the returned part is cut off in its middle."""
    return f"""\
From: Mail Delivery Subsystem <mailer-daemon@mail.example>
To: bounces@acme.example
X-Failed-Recipients: ann@acme.example
Auto-Submitted: auto-replied
Subject: Delivery Status Notification (Failure)
In-Reply-To: {message_id}
Content-Type: multipart/report; boundary="00000000000d1f"; report-type=delivery-status

--00000000000d1f
Content-Type: multipart/related; boundary="00000000000d20"

--00000000000d20
Content-Type: text/plain; charset="UTF-8"

** Address not found **

--00000000000d20--
--00000000000d1f
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example
Arrival-Date: Tue, 24 Nov 2026 06:32:05 -0800 (PST)
X-Original-Message-ID: {message_id}

Final-Recipient: rfc822; ann@acme.example
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.mail.example. (192.0.2.26, the server for the domain.)
Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist.
 550 5.1.1 Try double-checking the address.
Last-Attempt-Date: Tue, 24 Nov 2026 06:32:06 -0800 (PST)

--00000000000d1f
Content-Type: message/rfc822

{RETURNED.format(message_id=message_id)[:60]}""".encode()


MAILERS: dict[str, Callable[[str], bytes]] = {
    "postfix": postfix,
    "exim": exim,
    "old exim": old_exim,
    "exchange": exchange,
    "gmail": gmail,
}
