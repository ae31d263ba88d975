"""What a server's reply means: forty of them."""

from __future__ import annotations

import pytest
from campaigns import mailbox

from perfxl.campaign.replies import Reply, Stage, meaning_of

NETEASE = mailbox(provider="163").rate_marks

REPLIES: list[tuple[Stage, int, str, str]] = [
    ("end", 250, "2.0.0 OK queued as 1A2B", "sent"),
    ("end", 250, "Mail OK queued as smtp1,xxx", "sent"),
    ("auth", 535, "Error: authentication failed, system busy", "stop"),
    ("auth", 535, "Login Fail. Please enter your authorization code to login.", "stop"),
    ("auth", 534, "5.7.9 Application-specific password required", "stop"),
    ("auth", 530, "5.7.0 Must issue a STARTTLS command first", "stop"),
    ("auth", 454, "4.7.0 Temporary authentication failure", "stop"),
    ("auth", 451, "too much fail authentication", "stop"),
    ("mail", 530, "5.7.57 Client not authenticated to send mail", "stop"),
    ("mail", 553, "Mail from must equal authorized user", "stop"),
    ("mail", 553, "authentication is required,163 smtp", "stop"),
    ("mail", 501, "mail from address must be same as authorization user", "stop"),
    ("mail", 550, "User has no permission", "stop"),
    ("end", 554, "5.2.252 SendAsDenied; not allowed to send as this sender", "stop"),
    ("end", 550, "Mail content denied. frequency limited", "pause"),
    ("connect", 421, "HL:ICC 163 smtp too many connections", "pause"),
    ("connect", 421, "HL:IFC too many mails in a short time", "pause"),
    ("mail", 450, "MI:DMC 163 smtp too many mails in this connection", "pause"),
    ("mail", 451, "MI:DMC", "pause"),
    ("rcpt", 450, "RP:DRC too many recipients", "pause"),
    ("end", 451, "DT:SPM try again in two minutes", "pause"),
    ("end", 554, "DT:SPM 163 smtp6", "pause"),
    ("mail", 451, "MI:SFQ sender over quota of 15 minutes", "pause"),
    ("end", 550, "MI:SFQ 163 smtp", "pause"),
    ("mail", 550, "Connection frequency limited", "pause"),
    ("mail", 550, "Domain frequency limited.", "pause"),
    ("mail", 421, "4.3.2 Service not available, closing", "pause"),
    ("mail", 452, "4.3.1 Insufficient system storage", "pause"),
    ("end", 432, "4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded", "pause"),
    ("rcpt", 550, "发信过于频繁，请稍后再试", "pause"),
    ("rcpt", 450, "4.7.1 Greylisted, please try again later", "deferred"),
    ("rcpt", 451, "4.7.1 Recipient greylisted", "deferred"),
    ("rcpt", 452, "4.2.2 The email account is over quota", "deferred"),
    ("rcpt", 450, "4.2.0 mailbox busy", "deferred"),
    ("end", 451, "4.3.0 local error in processing", "deferred"),
    ("data", 0, "closed", "deferred"),
    ("rcpt", 550, "5.1.1 No such user", "refused"),
    ("rcpt", 550, "User not found: x@qq.com", "refused"),
    ("rcpt", 552, "5.2.2 Mailbox full", "refused"),
    ("mail", 552, "5.3.4 Message size exceeds fixed maximum message size", "refused"),
    ("end", 552, "message too large", "refused"),
    ("end", 554, "5.7.1 Message rejected as spam by content scanner", "refused"),
    ("rcpt", 553, "5.1.3 Invalid recipient address", "refused"),
    ("end", 550, "5.7.1 Attachment type not permitted", "refused"),
]


@pytest.mark.parametrize(("stage", "code", "text", "means"), REPLIES)
def test_the_meaning_of_a_reply(stage: Stage, code: int, text: str, means: str) -> None:
    found = meaning_of(Reply(stage, code, text), NETEASE)
    assert found.means == means
    assert found.zh
    assert found.en


def test_there_are_forty_of_them() -> None:
    assert len(REPLIES) >= 40
    assert {means for *_, means in REPLIES} == {"sent", "refused", "deferred", "pause", "stop"}


def test_a_providers_own_words_count() -> None:
    odd = Reply("end", 550, "busy busy")
    assert meaning_of(odd).means == "refused"
    assert meaning_of(odd, ("BUSY",)).means == "pause"
