"""Returns are taken in from wherever they lie; nothing is lost, doubled, or given to another unit."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from season import Season, mail, ran, run

from perfxl.campaign.ledger import Ledger
from perfxl.campaign.returns import standing_returns, superseded_returns, unmatched_returns
from perfxl.campaign.sources import kind_of
from perfxl.campaign.standing import standings


@pytest.fixture
def season(tmp_path: Path) -> Season:
    return Season(tmp_path / "任务")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "报回"
    folder.mkdir()
    return folder


def zipped(*members: tuple[str, bytes], encoding: str = "utf-8", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip; with another encoding than UTF-8 its names are in that, and it does not say so."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for number, (name, data) in enumerate(members):
            archive.writestr(name if encoding == "utf-8" else _placeholder(number, name.encode(encoding)), data)
    raw = out.getvalue()
    for number, (name, _) in enumerate(members if encoding != "utf-8" else ()):
        coded = name.encode(encoding)
        raw = raw.replace(_placeholder(number, coded).encode(), coded)
    return raw


def _placeholder(number: int, coded: bytes) -> str:
    return f"{number}".ljust(len(coded), "x")


def aged(path: Path, day: int) -> Path:
    """A file of that day of November."""
    stamp = 1_793_500_000 + day * 86_400
    os.utime(path, (stamp, stamp))
    return path


# What is taken


def test_a_folder_is_taken_in_kept_judged_and_matched(season: Season, place: Path) -> None:
    first, second, third, _ = season.tasks
    data = season.workbook(first)
    (place / "随便什么名字.xlsx").write_bytes(data)
    (place / "乙.xlsx").write_bytes(season.workbook(second, stamped=False))
    (place / "空.xlsx").write_bytes(season.workbook(third, blank=True))
    (place / "说明.docx").write_bytes(b"docx")
    found = season.collected(place, code=1)
    assert {(each["assignment"], each["match"], each["counting"]) for each in found["returns"]} == {
        ("A001", "stamp", "counts"),
        ("A002", "labels", "counts"),
        ("A004", "stamp", "blank"),
    }
    assert [each["name"] for each in found["others"]] == ["说明.docx"]
    kept = next(each for each in found["returns"] if each["assignment"] == "A001")
    assert kept["sha256"] == sha256(data).hexdigest()
    assert (season.folder / kept["file"]).read_bytes() == data
    with Ledger.open(season.folder, "test", hold=False) as ledger:
        assert [each.assignment for each in standing_returns(ledger)] == ["A001", "A002"]
        assert {each.assignment: each.state for each in standings(ledger)} == {
            "A001": "returned", "A002": "returned", "A004": "missing", "A005": "missing",
        }  # fmt: skip


def test_collecting_again_changes_nothing(season: Season, place: Path) -> None:
    (place / "甲.xlsx").write_bytes(season.workbook(season.tasks[0]))
    (place / "信.eml").write_bytes(mail(("乙.xlsx", season.workbook(season.tasks[1])), ("签名.png", b"png")))
    (place / "包.zip").write_bytes(zipped(("丙.xlsx", season.workbook(season.tasks[2]))))
    season.collect(place)
    before, files = season.tables(), sorted(season.folder.rglob("*"))
    times = {path: path.stat().st_mtime_ns for path in (season.folder / "returns").rglob("*")}
    found = season.collected(place)
    assert found["summary"]["new"] == found["summary"]["judged_files"] == 0
    assert season.tables() == before
    assert sorted(season.folder.rglob("*")) == files
    assert {path: path.stat().st_mtime_ns for path in (season.folder / "returns").rglob("*")} == times


def test_a_mail_brings_sender_date_and_all_its_attachments(season: Season, place: Path) -> None:
    task = season.tasks[0]
    (place / "信.eml").write_bytes(
        mail(("表.xlsx", season.workbook(task)), ("照片.jpg", b"jpg"), sender="zhou@u01.example")
    )
    found = season.collected(place)
    (only,) = found["returns"]
    assert (only["sender"], only["returned_at"], only["counting"]) == (
        "zhou@u01.example", "2026-11-02T01:00:00Z", "counts",
    )  # fmt: skip
    assert [each["name"] for each in found["others"]] == ["照片.jpg"]
    kinds = [row[1] for row in season.tables()["original"]]
    assert sorted(map(str, kinds)) == ["mail", "other", "workbook"]


def test_a_mail_without_attachments_is_listed(season: Season, place: Path) -> None:
    (place / "信.eml").write_bytes(mail(subject="本单位无此项目"))
    found = season.collected(place)
    assert [each["name"] for each in found["mails_without_attachments"]] == ["本单位无此项目"]


def test_an_mbox_is_taken_message_by_message(season: Season, place: Path) -> None:
    first, second, *_ = season.tasks
    messages = [
        mail(("a.xlsx", season.workbook(first)), message_id="<a@x>"),
        mail(("b.xlsx", season.workbook(second)), message_id="<b@x>"),
        mail(subject="From 开头", message_id="<c@x>"),
    ]
    text = b"".join(b"From a@x Mon Nov  2 09:00:00 2026\n" + each + b"\n\n" for each in messages)
    (place / "收件箱.mbox").write_bytes(text)
    found = season.collected(place)
    assert {each["assignment"] for each in found["returns"]} == {"A001", "A002"}
    assert len(found["mails_without_attachments"]) == 1


def test_a_zip_with_names_in_gbk(season: Season, place: Path) -> None:
    (place / "报送.zip").write_bytes(zipped(("U01/党建经费.xlsx", season.workbook(season.tasks[0])), encoding="gbk"))
    found = season.collected(place)
    assert [each["name"] for each in found["returns"]] == ["U01/党建经费.xlsx"]


def test_a_zip_that_stores_workbooks_as_they_are_is_no_workbook(season: Season, place: Path) -> None:
    data = zipped(("甲.xlsx", season.workbook(season.tasks[0])), method=zipfile.ZIP_STORED)
    (place / "报送.zip").write_bytes(data)
    assert b"[Content_Types].xml" in data[:2000]
    assert kind_of("报送.zip", data) == kind_of("报送", data) == "archive"
    assert kind_of("甲.zip", season.workbook(season.tasks[0])) == "workbook"
    found = season.collected(place)
    assert [(each["name"], each["counting"]) for each in found["returns"]] == [("甲.xlsx", "counts")]


def test_a_zip_that_stores_workbooks_as_they_are(season: Season, place: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("甲.xlsx", season.workbook(season.tasks[0]))
    (place / "包.zip").write_bytes(out.getvalue())
    assert [each["name"] for each in season.collected(place)["returns"]] == ["甲.xlsx"]


def test_a_workbook_called_zip_is_a_workbook(season: Season, place: Path) -> None:
    (place / "表.zip").write_bytes(season.workbook(season.tasks[0]))
    assert season.collected(place)["summary"]["counts"] == 1


def test_a_mail_in_a_mail_and_a_zip_in_a_mail_are_opened(season: Season, place: Path) -> None:
    first, second, *_ = season.tasks
    inner = mail(("甲.xlsx", season.workbook(first)), message_id="<inner@x>")
    archive = zipped(("乙.xlsx", season.workbook(second)))
    outer = mail(("转发.eml", inner), ("包.zip", archive), message_id="<outer@x>", sender="someone@city.example")
    (place / "信.eml").write_bytes(outer)
    found = season.collected(place)
    assert {(each["assignment"], each["name"], each["sender"]) for each in found["returns"]} == {
        ("A001", "甲.xlsx", "a@u0001.example"),
        ("A002", "乙.xlsx", "someone@city.example"),
    }


# One return, a newer one


def test_the_same_content_twice_is_one_return(season: Season, place: Path) -> None:
    data = season.workbook(season.tasks[0])
    (place / "甲.xlsx").write_bytes(data)
    (place / "甲 - 副本.xlsx").write_bytes(data)
    (place / "信.eml").write_bytes(mail(("甲.xlsx", data)))
    found = season.collected(place)
    assert len(found["returns"]) == 1
    assert [row[0] for row in season.tables()["history"] if row[1] == "returned"] == ["A001"]


def test_a_newer_return_supersedes_and_says_so(season: Season, place: Path) -> None:
    task = season.tasks[0]
    (place / "一.xlsx").write_bytes(season.workbook(task))
    aged(place / "一.xlsx", 1)
    season.collect(place)
    (place / "二.xlsx").write_bytes(season.workbook(task, actual_result="已全部完成，群众满意。"))
    aged(place / "二.xlsx", 2)
    words = season.collect(place)
    assert "替代 一.xlsx" in words
    (place / "零.xlsx").write_bytes(season.workbook(task, actual_result="更早的一份。"))
    aged(place / "零.xlsx", 0)
    found = season.collected(place)
    assert found["returns"][0]["counting"] == "superseded"
    assert found["returns"][0]["behind"]["name"] == "二.xlsx"
    with Ledger.open(season.folder, "test", hold=False) as ledger:
        assert [each.name for each in standing_returns(ledger)] == ["二.xlsx"]
        assert [each.name for each in superseded_returns(ledger)] == ["一.xlsx", "零.xlsx"]


# Whose it is


def test_a_form_of_another_unit_than_its_sender_is_a_finding_and_does_not_count(season: Season, place: Path) -> None:
    own, other = season.tasks[0], season.tasks[2]
    assert own.unit != other.unit
    (place / "信.eml").write_bytes(mail(("表.xlsx", season.workbook(own)), sender="lin@u02.example"))
    found = season.collected(place, code=1)
    assert [each["counting"] for each in found["returns"]] == ["foreign"]
    with Ledger.open(season.folder, "test", hold=False) as ledger:
        assert not list(standing_returns(ledger))
        (only,) = unmatched_returns(ledger)
    first = only.verdict.findings[0]
    assert (first.rule, first.expected, first.actual) == ("W03", "云汐市第一实验小学", "云汐市示范街道办事处")
    (place / "自己.eml").write_bytes(
        mail(("表.xlsx", season.workbook(own)), sender="wu@u01.example", message_id="<2@unit.example>")
    )
    assert [each["counting"] for each in season.collected(place, "--again")["returns"]] == ["counts"]


def test_the_folder_of_a_unit_says_who_sent_what_lies_in_it(season: Season, place: Path) -> None:
    (place / "U02_云汐市第一实验小学").mkdir()
    (place / "U02_云汐市第一实验小学" / "表.xlsx").write_bytes(season.workbook(season.tasks[0]))
    assert season.collected(place, code=1)["summary"]["foreign"] == 1


def test_a_header_that_names_another_unit_is_another_units(season: Season, place: Path) -> None:
    data = season.workbook(season.tasks[0], stamped=False, implementing_unit="云汐市第一实验小学")
    (place / "表.xlsx").write_bytes(data)
    assert season.collected(place, code=1)["summary"]["unmatched"] == 1  # no such project of that unit


def test_a_stamp_that_another_key_made_is_not_believed(season: Season, place: Path) -> None:
    (place / "伪.xlsx").write_bytes(season.workbook(season.tasks[0], key=bytes(32)))
    (only,) = season.collected(place)["returns"]
    assert (only["match"], only["counting"]) == ("labels", "counts")
    with Ledger.open(season.folder, "test", hold=False) as ledger:
        (found,) = standing_returns(ledger)
    assert ("W02", "absent") in [(each.rule, each.variant) for each in found.verdict.findings]


def test_a_file_name_proves_nothing(season: Season, place: Path) -> None:
    alien = replace(season.tasks[0].assignment, project_name="没有下发过的项目", id="Z9")
    task = replace(season.tasks[0], assignment=alien)
    (place / "A001_老旧小区综合改造.xlsx").write_bytes(season.workbook(task, key=bytes(32)))
    assert season.collected(place, code=1)["summary"]["unmatched"] == 1


def test_last_years_form_does_not_count(season: Season, place: Path) -> None:
    old = replace(season.tasks[0], assignment=replace(season.tasks[0].assignment, fiscal_year=2025))
    (place / "去年.xlsx").write_bytes(season.workbook(old, key=bytes(32), year=2025, fiscal_year=2025))
    assert season.collected(place, code=1)["summary"]["foreign"] == 1


# What cannot be taken, and what is hostile


def test_a_bad_file_stops_no_other(season: Season, place: Path) -> None:
    (place / "坏.xlsx").write_bytes(b"PK\x03\x04" + b"x" * 100)
    (place / "好.xlsx").write_bytes(season.workbook(season.tasks[0]))
    found = season.collected(place, code=3)
    assert found["summary"]["rejected"] == found["summary"]["counts"] == 1


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(12):
            archive.writestr(f"{number}.xlsx", bytes(19_000_000))
    return out.getvalue()


HOSTILE: dict[str, Callable[[], bytes]] = {
    "bomb": lambda: mail(("包.zip", bomb())),
    "no end": lambda: b"From: a@x\nContent-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 5_000,
    "deep": lambda: (
        b"From: a@x\n"
        + b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(900))
    ),
    "binary": lambda: os.urandom(50_000),
    "header": lambda: b"From: a@x\nSubject: " + b"x" * 3_000_000 + b"\n\n.",
    "charset": lambda: b"From: =?nonsense?b?////?=\nContent-Type: text/plain; charset=zzz\n\nx",
    "date": lambda: b"From: a@x\nDate: 99 Xxx 99999 99:99:99 +9999\nReceived: ;;;\n\nx",
    "nested mails": lambda: nested(12),
    "empty": lambda: b"",
}


def nested(depth: int) -> bytes:
    inside = mail(message_id="<0@x>")
    for number in range(1, depth):
        inside = mail(("内.eml", inside), message_id=f"<{number}@x>")
    return inside


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mails_end_in_a_word_and_cost_nothing_else(season: Season, place: Path, name: str) -> None:
    (place / "信.eml").write_bytes(HOSTILE[name]())
    (place / "好.xlsx").write_bytes(season.workbook(season.tasks[0]))
    result = run("collect", place, "--campaign", season.folder)
    assert result.exit_code in (0, 1, 3), result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert "A001" in result.output


@pytest.mark.parametrize(
    "name", ["../../../evil.xlsx", "C:\\x\\evil.xlsx", "/etc/evil.xlsx", "..\\evil.exe", "a\x00b.xlsx"]
)
def test_no_name_becomes_a_path(season: Season, place: Path, tmp_path: Path, name: str) -> None:
    before = {path for path in tmp_path.rglob("*") if "returns" not in path.parts}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("x" * len(name.encode()), season.workbook(season.tasks[0]))
    data = out.getvalue().replace(b"x" * len(name.encode()), name.encode())
    (place / "包.zip").write_bytes(data)
    before |= {place / "包.zip"}
    run("collect", place, "--campaign", season.folder)
    after = {path for path in tmp_path.rglob("*") if "returns" not in path.parts and "ledger" not in path.name}
    assert after - before <= {season.folder / "backups"} | {path for path in after if "backups" in path.parts}
    assert all(
        len(path.stem) == 64 and path.suffix in (".zip", ".xlsx", ".bin")
        for path in (season.folder / "returns").rglob("*")
        if path.is_file()
    )


def test_archives_within_archives_are_named_not_opened(season: Season, place: Path) -> None:
    inner = zipped(("甲.xlsx", season.workbook(season.tasks[0])))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("内.zip", inner)
    (place / "外.zip").write_bytes(out.getvalue())
    found = season.collected(place, code=3)
    assert [each["code"] for each in found["refused"]] == ["NESTED_ARCHIVE"]


def test_the_campaigns_own_folders_are_no_source(season: Season) -> None:
    (season.folder / "甲.xlsx").write_bytes(season.workbook(season.tasks[0]))
    found = season.collected(season.folder)
    assert [each["name"] for each in found["returns"]] == ["甲.xlsx"]


def test_an_original_that_was_spoilt_is_told_and_comes_again(season: Season, place: Path) -> None:
    (place / "甲.xlsx").write_bytes(season.workbook(season.tasks[0]))
    kept = season.folder / season.collected(place)["returns"][0]["file"]
    kept.chmod(0o644)
    kept.write_bytes(b"spoilt")
    assert "再收一次" in ran("collect", "--again", "--campaign", season.folder, code=3)
    season.collect(place)
    assert kept.read_bytes() == (place / "甲.xlsx").read_bytes()


def test_the_json_has_the_keys_that_the_page_names(season: Season, place: Path) -> None:
    (place / "甲.xlsx").write_bytes(season.workbook(season.tasks[0]))
    (place / "说明.docx").write_bytes(b"docx")
    (place / "坏.zip").write_bytes(b"PK no zip")
    found = season.collected(place, code=3)
    assert list(found) == [
        "schema", "tool", "collected_at", "returns", "others", "mails_without_attachments", "refused", "summary",
    ]  # fmt: skip
    assert list(found["returns"][0]) == [
        "assignment", "unit", "match", "counting", "status", "code", "errors", "warnings", "infos", "sheet", "file",
        "sha256", "name", "source", "sender", "returned_at", "replaces", "behind",
    ]  # fmt: skip
    assert list(found["others"][0]) == ["name", "source", "sender", "file", "size"]
    assert [each["code"] for each in found["refused"]] == ["BAD_ZIP"]
    page = (Path(__file__).parent.parent / "docs" / "engineer.md").read_text(encoding="utf-8")
    keys = [*found, *found["returns"][0], *found["others"][0], *found["refused"][0], *found["summary"]]
    assert not [key for key in keys if key not in ("schema", "tool", "collected_at") and f"`{key}`" not in page]


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_interrupted_it_keeps_what_was_done_and_carries_on(season: Season, place: Path) -> None:
    for number in range(40):
        words = f"第 {number} 稿，已经完成。"
        (place / f"{number:02}.xlsx").write_bytes(season.workbook(season.tasks[number % 4], actual_result=words))
    command = [sys.executable, "-m", "perfxl", "collect", str(place), "--campaign", str(season.folder), "--jobs", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None and not list((season.folder / "returns").rglob("*.xlsx")):
            time.sleep(0.005)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode in (0, 130), said
    assert "Traceback" not in said
    season.collect(place)
    assert len([row for row in season.tables()["judgement"] if row[6] == "counts"]) == 40


def test_without_a_source_or_a_campaign_it_says_so(season: Season, tmp_path: Path) -> None:
    ran("collect", "--campaign", season.folder, code=2)
    ran("collect", tmp_path / "nowhere", "--campaign", season.folder, code=2)
    ran("collect", tmp_path, "--campaign", tmp_path / "nowhere", code=2)
