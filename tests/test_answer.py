"""Answers and reminders: the right words and workbooks to the right unit, each once, and to nobody else."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pytest
from mail_server import Fault, Server, drop, mail_server, reply
from season import Season, mail, ran

from perfxl.campaign.answer_proof import Proof
from perfxl.campaign.enclosing import Issued, MismatchError
from perfxl.campaign.ledger import Ledger
from perfxl.campaign.outbox import Outbox, Row
from perfxl.campaign.standing import standings
from perfxl.stamp import carried, is_genuine
from perfxl.xlsx.reader import read_workbook

SEND = ("--send", "--yes", "--insecure", "--quiet")


@pytest.fixture
def season(tmp_path: Path) -> Season:
    """The first of four came with errors, the second has none, the third came without stamp and with errors."""
    made = Season(tmp_path / "任务").with_mail()
    path = made.folder / "perfxl.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('due = ""', "due = 2026-11-10"), encoding="utf-8")
    place = tmp_path / "报回"
    place.mkdir()
    first, second, third, _ = made.tasks
    (place / "1.eml").write_bytes(
        mail(("甲.xlsx", made.workbook(first)), sender="zhou@u01.example", message_id="<mine@u01.example>")
    )
    (place / "乙.xlsx").write_bytes(made.clean(second))
    (place / "丙.xlsx").write_bytes(made.workbook(third, stamped=False))
    made.collect(place)
    return made


def listen(season: Season, server: Server) -> Server:
    path = season.folder / "perfxl.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("port = 25", f"port = {server.port}"), encoding="utf-8")
    return server


def delivered(server: Server) -> list[EmailMessage]:
    return [
        email.message_from_bytes(each.data, _class=EmailMessage, policy=email.policy.default)
        for each in server.delivered
    ]


def body(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def events(season: Season, event: str) -> list[tuple[str, str]]:
    with Ledger.open(season.folder, "test", hold=False) as ledger:
        return [(each.assignment, each.detail.partition(" ")[0]) for each in ledger.history() if each.event == event]


# Answers


def test_a_rehearsal_writes_the_messages_and_sends_nothing(season: Season) -> None:
    with mail_server() as server:
        listen(season, server)
        words = ran("answer", season.folder)
        assert "这是演练" in words
        assert server.connections == 0
    assert len(list((season.folder / "outbox").glob("*_answer-*.eml"))) == 2
    assert not events(season, "answered")


def test_each_unit_has_its_verdicts_and_corrected_forms_once(season: Season) -> None:
    with mail_server() as server:
        listen(season, server)
        ran("answer", season.folder, *SEND)
        first, second = delivered(server)
        assert first["To"].addresses[0].addr_spec == "zhou@u01.example"
        assert first["In-Reply-To"] == "<mine@u01.example>"
        assert "请更正" in first["Subject"]
        assert "老旧小区综合改造（甲.xlsx）：错误 9 处" in body(first)
        assert "核验未发现问题" in body(first)
        assert second["To"].addresses[0].addr_spec == "lin@u02.example"
        for message, assignment in ((first, "A001"), (second, "A004")):
            (attachment,) = message.iter_attachments()
            content = attachment.get_payload(decode=True)
            assert isinstance(content, bytes)
            stamp = carried(read_workbook(content))
            assert stamp is not None
            assert stamp.content is not None
            assert is_genuine(stamp.text, season.key)
            assert [each.id for each in stamp.content.assignments] == [assignment]
        assert "没有要发的邮件" in ran("answer", season.folder, *SEND)
        assert len(server.delivered) == 2
    assert sorted(events(season, "answered")) == [("A001", "verdict"), ("A002", "verdict"), ("A004", "verdict")]
    with Ledger.open(season.folder, "test", hold=False) as ledger:
        assert all(bool(each.answered_at) == (each.status is not None) for each in standings(ledger))
        assert not [each for each in ledger.history() if each.event == "sent"]


def test_the_corrected_form_comes_back_and_supersedes(season: Season, tmp_path: Path) -> None:
    with mail_server() as server:
        listen(season, server)
        ran("answer", season.folder, "--only", "U02", *SEND)
        (message,) = delivered(server)
        (attachment,) = message.iter_attachments()
        content = attachment.get_payload(decode=True)
        assert isinstance(content, bytes)
    again = tmp_path / "again"
    again.mkdir()
    (again / "改好.xlsx").write_bytes(content)
    (only,) = season.collected(again)["returns"]
    assert (only["assignment"], only["match"], only["counting"]) == ("A004", "stamp", "counts")
    assert only["replaces"]["name"] == "丙.xlsx"


def test_what_is_accepted_has_a_receipt_and_no_verdict_besides(season: Season) -> None:
    ran("accept", "A002", "--campaign", season.folder)
    ran("waive", "A001", "--campaign", season.folder, "--reason", "批复", "--approver", "张")
    with mail_server() as server:
        listen(season, server)
        ran("answer", season.folder, "--only", "U01", *SEND)
        (message,) = delivered(server)
        assert "回执" in message["Subject"]
        assert not list(message.iter_attachments())
        assert "所列问题已豁免" in body(message)
        ran("answer", season.folder, "--only", "U01", *SEND)
        assert len(server.delivered) == 1
    assert events(season, "answered") == [("A001", "receipt"), ("A002", "receipt")]


def test_a_newer_return_is_answered_anew_and_the_answer_to_the_old_one_taken_back(
    season: Season, tmp_path: Path
) -> None:
    ran("answer", season.folder)
    (tmp_path / "新.xlsx").write_bytes(season.clean(season.tasks[0]))
    season.collect(tmp_path / "新.xlsx")
    with mail_server() as server:
        listen(season, server)
        ran("answer", season.folder, "--only", "U01", *SEND)
        (message,) = delivered(server)
        assert "请更正" not in message["Subject"]
        assert "新.xlsx" in body(message)
    with Ledger.open(season.folder, "test", hold=False) as ledger:
        states = [row.state for row in Outbox(ledger, season.campaign.id).rows() if row.unit == "U01"]
    assert sorted(states) == ["sent", "withdrawn"]


def test_an_answer_that_may_have_arrived_is_not_sent_again(season: Season) -> None:
    async def lost(server: Server, who: str) -> None:
        server.keep()
        await drop(server, who)

    with mail_server(Fault("end", lost)) as server:
        listen(season, server)
        ran("answer", season.folder, "--only", "U02", *SEND, code=3)
        ran("answer", season.folder, "--only", "U02", *SEND)
        assert len(server.delivered) == 1
        assert not events(season, "answered")
        ran("send", season.folder, "--mark-sent", "U02")
    assert events(season, "answered") == [("A004", "verdict")]


def test_a_refused_recipient_is_told_and_tried_again_on_demand(season: Season) -> None:
    with mail_server(Fault("rcpt", reply("550 no such user"))) as server:
        listen(season, server)
        ran("answer", season.folder, "--only", "U02", *SEND, code=1)
        ran("answer", season.folder, "--only", "U02", *SEND, code=1)
        assert not server.delivered
        ran("answer", season.folder, "--only", "U02", "--again", *SEND)
        assert len(server.delivered) == 1


def test_a_look_at_it_oneself_counts_for_nothing(season: Season) -> None:
    with mail_server() as server:
        listen(season, server)
        ran("answer", season.folder, "--to-me", "me@example.org", *SEND)
        assert {each.recipients for each in server.delivered} == {("me@example.org",)}
        assert not events(season, "answered")
        ran("answer", season.folder, *SEND)
        assert len(server.delivered) == 4


def test_a_limit_and_a_unit_that_nobody_knows(season: Season) -> None:
    with mail_server() as server:
        listen(season, server)
        ran("answer", season.folder, "--limit", "1", *SEND)
        assert len(server.delivered) == 1
    assert "花名册里没有" in ran("answer", season.folder, "--only", "U99", code=2)
    assert "--yes" in ran("answer", season.folder, "--send", "--insecure", code=2)


def test_in_english(season: Season) -> None:
    path = season.folder / "perfxl.toml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("[mail]\n", '[mail]\nlanguage = "en"\n', 1), encoding="utf-8"
    )
    with mail_server() as server:
        listen(season, server)
        ran("answer", season.folder, *SEND, lang="en")
        first = delivered(server)[0]
    assert "please mend and return" in first["Subject"]
    assert "9 errors, 1 note; corrected form attached: A001_correction.xlsx" in body(first)


def test_an_original_that_was_spoilt_holds_the_answer_back(season: Season) -> None:
    with Ledger.open(season.folder, "test", hold=False) as ledger:
        file = next(each.file for each in standings(ledger) if each.assignment == "A004")
    (season.folder / file).chmod(0o644)
    (season.folder / file).write_bytes(b"spoilt")
    with mail_server() as server:
        listen(season, server)
        assert "请再收一次" in ran("answer", season.folder, *SEND, code=3)
        assert [message["To"].addresses[0].addr_spec for message in delivered(server)] == ["zhou@u01.example"]


# The guard


def proof_and_row(season: Season) -> tuple[Proof, Row, bytes]:
    ran("answer", season.folder, "--only", "U02")
    with Ledger.open(season.folder, "test", hold=False) as ledger:
        outbox = Outbox(ledger, season.campaign.id)
        (row,) = [each for each in outbox.rows(["queued"]) if each.unit == "U02"]
        issued = Issued(
            campaign=season.campaign.id, key=season.key, plan=season.plan, entries=ledger.latest("issued"),
            folder=season.folder,
        )  # fmt: skip
        return Proof(issued=issued), row, outbox.data(row)


def test_the_guard_lets_its_own_pass_and_nothing_else(season: Season) -> None:
    proof, row, data = proof_and_row(season)
    proof.prove_message(row, data)
    strange = replace(proof.issued, key=bytes(32))
    workbook = row.enclosures[0]
    other = season.tasks[0]
    wrong = [
        (proof, row._replace(unit="U01"), "不属于"),
        (proof, row._replace(unit="U99"), "花名册里没有"),
        (proof, row._replace(recipients=("someone@else.example",)), "收件人"),
        (proof, row._replace(enclosures=()), "不属于"),
        (proof, row._replace(enclosures=(workbook._replace(sha256="0" * 64), *row.enclosures[1:])), "不是要发的附件"),
        (proof, row._replace(enclosures=row.enclosures[1:]), "数目"),
        (replace(proof, issued=strange), row, "没有本次填报任务的标识"),
        (replace(proof, only={"A005"}), row, "已经报回"),
    ]
    for each, changed, words in wrong:
        with pytest.raises(MismatchError) as caught:
            each.prove_message(changed, data)
        assert words in caught.value.zh
    path = season.folder / workbook.file
    path.write_bytes(season.workbook(other))
    with pytest.raises(MismatchError) as caught:
        proof.prove_message(row, data)
    assert "与写信时不同" in caught.value.zh


# Reminders


def test_only_the_missing_are_reminded_once_a_round(season: Season) -> None:
    with mail_server() as server:
        listen(season, server)
        ran("chase", season.folder, *SEND)
        (message,) = delivered(server)
        assert message["To"].addresses[0].addr_spec == "lin@u02.example"
        assert "信息化设备购置" in body(message)
        assert "校舍维修" not in body(message)
        assert "逾期" in message["Subject"]
        assert "已经发过" in ran("chase", season.folder, *SEND)
        assert len(server.delivered) == 1
        ran("chase", season.folder, "--round", "2", *SEND)
        assert len(server.delivered) == 2
    assert not events(season, "sent")


def test_before_the_due_date_the_words_are_others(season: Season) -> None:
    path = season.folder / "perfxl.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("2026-11-10", "2099-01-31"), encoding="utf-8")
    with mail_server() as server:
        listen(season, server)
        ran("chase", season.folder, *SEND)
        (message,) = delivered(server)
    assert "提醒" in message["Subject"]
    assert "还有" in body(message)


def test_whoever_returned_or_owes_nothing_is_never_written_to(season: Season, tmp_path: Path) -> None:
    ran("chase", season.folder)
    with Ledger.open(season.folder, "test", hold=False) as ledger:
        assert [row.state for row in Outbox(ledger, season.campaign.id).rows()] == ["queued"]
    ran("nothing-to-report", "A005", "--campaign", season.folder, "--reason", "未安排资金")
    with mail_server() as server:
        listen(season, server)
        assert "没有要发的邮件" in ran("chase", season.folder, *SEND)
        assert not server.delivered
    with Ledger.open(season.folder, "test", hold=False) as ledger:
        assert [row.state for row in Outbox(ledger, season.campaign.id).rows()] == ["withdrawn"]


def test_a_blank_form_is_missing_and_the_reminder_says_so(season: Season, tmp_path: Path) -> None:
    (tmp_path / "空.xlsx").write_bytes(season.workbook(season.tasks[3], blank=True))
    season.collect(tmp_path / "空.xlsx", code=1)
    with mail_server() as server:
        listen(season, server)
        ran("chase", season.folder, *SEND)
        (message,) = delivered(server)
    assert "收到的表尚未填报" in body(message)


def test_a_file_that_could_not_be_read_is_named_with_the_remedy(season: Season, tmp_path: Path) -> None:
    (tmp_path / "坏.eml").write_bytes(
        mail(
            ("预算.xlsx", b"PK\x03\x04 torn"),
            sender="lin@u02.example",
            message_id="<torn@u02.example>",
            date="Wed, 31 Dec 2098 09:00:00 +0800",
        )
    )
    season.collect(tmp_path / "坏.eml", code=3)
    with mail_server() as server:
        listen(season, server)
        ran("chase", season.folder, *SEND)
        (message,) = delivered(server)
    assert "预算.xlsx：文件已损坏或没有传完整，打不开。" in body(message)


def test_a_round_that_is_not_through_is_carried_on(tmp_path: Path) -> None:
    season = Season(tmp_path / "c").with_mail()
    with mail_server() as server:
        listen(season, server)
        ran("chase", season.folder, "--round", "1", "--limit", "1", *SEND)
        ran("chase", season.folder, *SEND)
        assert [each.recipients[0] for each in server.delivered] == ["zhou@u01.example", "lin@u02.example"]
    with Ledger.open(season.folder, "test", hold=False) as ledger:
        rows = Outbox(ledger, season.campaign.id).rows()
    assert [(row.purpose, row.state) for row in rows] == [("chase-1", "sent"), ("chase-1", "sent")]
    assert "--round" in ran("chase", season.folder, "--round", "第二轮", code=2)
