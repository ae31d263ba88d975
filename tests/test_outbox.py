"""The outbox: what is written once stays, what may have left is never written again, who gets what."""

from __future__ import annotations

import json
import os
import random
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from campaigns import CAMPAIGN, issue, issued, mailbox, plan, task, workbook

from perfxl.campaign import mime
from perfxl.campaign.address import BadAddressError, checked
from perfxl.campaign.drafting import Prepared, Problem, prepare
from perfxl.campaign.enclosing import MismatchError
from perfxl.campaign.ledger import Ledger
from perfxl.campaign.letters import Order
from perfxl.campaign.outbox import Draft, Enclosure, Outbox, Row, message_id
from perfxl.campaign.plan import Contact, Plan
from perfxl.campaign.stationery import template_path
from perfxl.campaign.trouble import CampaignError

ORDER = Order(campaign=CAMPAIGN, mailbox=mailbox(), lang="zh", title="财政项目支出绩效自评表")


class Desk:
    """A campaign folder on the desk: prepare it as ``send`` would."""

    def __init__(self, folder: Path, what: Plan) -> None:
        self.folder, self.plan = folder, what
        issue(folder, what)

    def prepare(self, **changes: object) -> Prepared:
        with Ledger.open(self.folder, "send") as ledger:
            outbox = Outbox(ledger, CAMPAIGN)
            return prepare(issued(self.folder, self.plan, ledger), outbox, replace(ORDER, **changes))  # type: ignore[arg-type]

    def settle(self, row: Row, state: str) -> None:
        """Let a message come so far as if it had been sent."""
        with Ledger.open(self.folder, "send") as ledger:
            outbox = Outbox(ledger, CAMPAIGN)
            outbox.claim(row)
            outbox.start_data(row)
            if state != "data_started":
                outbox.finish(row, state, "")  # type: ignore[arg-type]

    def rows(self) -> list[Row]:
        with Ledger.open(self.folder, "status", hold=False) as ledger:
            return Outbox(ledger, CAMPAIGN).rows()


@pytest.fixture
def desk(tmp_path: Path) -> Callable[..., Desk]:
    return lambda units=3, projects=1: Desk(tmp_path, plan(units, projects))


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    with Ledger.create(tmp_path) as ledger:
        yield Outbox(ledger, CAMPAIGN)


def draft(number: int = 1, text: str = "a") -> Draft:
    return Draft(
        unit=f"U{number}",
        purpose="issue",
        part=1,
        recipients=(f"u{number}@example.org",),
        message_id=message_id(CAMPAIGN, f"U{number}", "issue", 1, "example.org"),
        source=sha256(text.encode()).hexdigest(),
        data=f"To: {text}\r\n".encode(),
        enclosures=(Enclosure("issued/a.xlsx", "ab" * 32, "a.xlsx", (f"U{number}-1",)),),
    )


# States


def test_the_message_id_depends_on_what_the_message_is_and_on_nothing_else() -> None:
    first = message_id(CAMPAIGN, "U1", "issue", 1, "example.org")
    assert first == message_id(CAMPAIGN, "U1", "issue", 1, "example.org")
    others = [
        message_id("other", "U1", "issue", 1, "example.org"),
        message_id(CAMPAIGN, "U2", "issue", 1, "example.org"),
        message_id(CAMPAIGN, "U1", "issue-2", 1, "example.org"),
        message_id(CAMPAIGN, "U1", "issue", 2, "example.org"),
    ]
    assert len({first, *others}) == 5


def test_a_message_goes_its_way_and_the_history_knows(outbox: Outbox) -> None:
    row = outbox.put(draft())
    assert row.state == "queued"
    outbox.claim(row)
    outbox.start_data(row)
    outbox.finish(row, "sent", "250 ok")
    (done,) = outbox.rows(["sent"])
    assert (done.tries, done.reply) == (1, "250 ok")
    (entry,) = outbox._ledger.history()
    assert (entry.event, entry.assignment, entry.unit, entry.sha256) == ("sent", "U1-1", "U1", "ab" * 32)
    assert row.message_id in entry.detail
    log = outbox._ledger.database.execute("SELECT state FROM outbox_log ORDER BY id").fetchall()
    assert [state for (state,) in log] == ["queued", "claimed", "data_started", "sent"]
    assert len(outbox.starts(timedelta(hours=1))) == 1


WAYS = {
    "queued": (),
    "claimed": ("claimed",),
    "data_started": ("claimed", "data_started"),
    "sent": ("claimed", "data_started", "sent"),
    "refused": ("claimed", "refused"),
    "deferred": ("claimed", "deferred"),
    "uncertain": ("claimed", "data_started", "uncertain"),
    "withdrawn": ("withdrawn",),
}
MOVES = {
    "queued": {"queued", "claimed", "uncertain", "withdrawn"},
    "claimed": {"queued", "data_started", "refused", "deferred"},
    "data_started": {"sent", "refused", "deferred", "uncertain"},
    "sent": set(),
    "refused": {"queued", "uncertain", "withdrawn"},
    "deferred": {"claimed", "queued", "uncertain", "withdrawn"},
    "uncertain": {"sent", "queued"},
    "withdrawn": {"queued"},
}


@pytest.mark.parametrize("state", MOVES)
def test_the_database_allows_the_moves_that_there_are_and_no_others(outbox: Outbox, state: str) -> None:
    row = outbox.put(draft())
    for step in WAYS[state]:
        outbox._move(row, step, "")  # type: ignore[arg-type]
    for after in MOVES:
        database = outbox._ledger.database
        database.execute("SAVEPOINT try")
        try:
            database.execute("UPDATE outbox SET state = ? WHERE id = ?", (after, row.id))
            moved = True
        except sqlite3.IntegrityError:
            moved = False
        database.execute("ROLLBACK TO try")
        database.execute("RELEASE try")
        assert moved == (after in MOVES[state]), (state, after)


def test_the_database_keeps_messages_whole(outbox: Outbox) -> None:
    row = outbox.put(draft())
    outbox.put(draft(2))
    database = outbox._ledger.database
    for statement in (
        "DELETE FROM outbox",
        "UPDATE outbox SET message_id = 'x'",
        "UPDATE outbox SET unit = 'x'",
        "INSERT OR REPLACE INTO outbox SELECT * FROM outbox",
        "DELETE FROM outbox_log",
        "UPDATE outbox_log SET state = 'sent'",
        "INSERT INTO outbox (campaign, unit, purpose, part, recipients, message_id, source, file, sha256, size, enclosures, "
        "changed_at) SELECT campaign, unit, purpose, part, recipients, 'new', source, file, sha256, size, enclosures, "
        "changed_at FROM outbox LIMIT 1",
    ):
        with pytest.raises(sqlite3.IntegrityError):
            database.execute(statement)
    outbox.claim(row)
    for column in ("recipients", "source", "file", "sha256"):
        with pytest.raises(sqlite3.IntegrityError):
            database.execute(f"UPDATE outbox SET {column} = hex(zeroblob(32)) WHERE id = ?", (row.id,))


@pytest.mark.parametrize("state", ["claimed", "data_started", "sent", "uncertain"])
def test_what_may_have_left_is_not_written_again(outbox: Outbox, state: str) -> None:
    row = outbox.put(draft())
    for step in WAYS[state]:
        outbox._move(row, step, "")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=state):
        outbox.put(draft(text="b"))


@pytest.mark.parametrize("state", ["queued", "refused", "deferred", "withdrawn"])
def test_what_has_surely_not_left_is_written_anew_where_it_differs(outbox: Outbox, state: str) -> None:
    first = outbox.put(draft())
    for step in WAYS[state]:
        outbox._move(first, step, "")  # type: ignore[arg-type]
    same = outbox.put(replace(draft(), data=b"later\r\n"))
    assert (same.sha256 == first.sha256) == (state != "withdrawn")
    second = outbox.put(draft(text="b"))
    assert (second.id, second.message_id, second.state) == (first.id, first.message_id, "queued")
    assert outbox.data(second) == draft(text="b").data


def test_the_next_start_puts_right_what_a_dead_process_left(outbox: Outbox) -> None:
    rows = [outbox.put(draft(number)) for number in range(4)]
    outbox.claim(rows[1])
    outbox.claim(rows[2])
    outbox.start_data(rows[2])
    assert outbox.recover() == (1, 1)
    assert [row.state for row in outbox.rows()] == ["queued", "queued", "uncertain", "queued"]
    assert outbox.recover() == (0, 0)


def test_a_person_decides_what_is_uncertain(outbox: Outbox) -> None:
    for number in (1, 2):
        row = outbox.put(draft(number))
        outbox.claim(row)
        outbox.start_data(row)
    outbox.recover()
    first, second = outbox.rows(["uncertain"])
    outbox.resolve(first, "sent")
    outbox.resolve(second, "queued")
    assert [row.state for row in outbox.rows()] == ["sent", "queued"]
    assert [entry.assignment for entry in outbox._ledger.history()] == ["U1-1"]
    outbox.recover()
    assert [row.state for row in outbox.rows()] == ["sent", "queued"]


def test_a_ledger_from_an_older_copy_does_not_send_again(tmp_path: Path) -> None:
    """Three messages: one sent after the copy, one that the copy does not know, one never sent."""
    with Ledger.create(tmp_path) as ledger:
        outbox = Outbox(ledger, CAMPAIGN)
        first, third = outbox.put(draft(1)), outbox.put(draft(3))
        copy = ledger.back_up()
        second = outbox.put(draft(2))
        for row in (first, second):
            outbox.claim(row)
            outbox.start_data(row)
            outbox.finish(row, "sent", "")
    for name in ("", "-wal", "-shm"):
        (tmp_path / f"ledger.sqlite{name}").unlink(missing_ok=True)
    copy.rename(tmp_path / "ledger.sqlite")
    with Ledger.open(tmp_path, "send") as ledger:
        outbox = Outbox(ledger, CAMPAIGN)
        outbox.recover()
        outbox.put(draft(2))
        assert {row.unit: row.state for row in outbox.rows()} == {"U1": "uncertain", "U2": "uncertain", "U3": "queued"}
        assert third.state == "queued"


def test_a_message_file_that_is_gone_or_changed_is_not_sent(outbox: Outbox, tmp_path: Path) -> None:
    row = outbox.put(draft())
    (tmp_path / row.file).write_bytes(b"other")
    with pytest.raises(CampaignError, match="MESSAGE_SPOILT"):
        outbox.data(row)
    again = outbox.put(draft())
    assert outbox.data(again) == draft().data


# Who gets what


def test_each_unit_has_one_message_with_its_workbooks(desk: Callable[..., Desk]) -> None:
    table = desk(3, 2)
    found = table.prepare()
    assert found.problems == []
    assert [row.recipients for row in found.rows] == [(f"u{n}@example.org",) for n in (1, 2, 3)]
    for row in found.rows:
        message = mime.read((table.folder / row.file).read_bytes())
        assert message.to == row.recipients
        for number, attachment in enumerate(message.attachments, 1):
            assert attachment.name == f"{row.unit}-{number}_shanghai_2026.xlsx"
            assert attachment.data == (table.folder / f"issued/{row.unit}-{number}.xlsx").read_bytes()


def test_what_is_written_stays_the_same_bytes(desk: Callable[..., Desk]) -> None:
    table = desk()
    first = [(row.file, row.sha256) for row in table.prepare().rows]
    os.utime(table.folder / first[0][0], (1, 1))
    assert [(row.file, row.sha256) for row in table.prepare().rows] == first
    for file, digest in first:
        assert sha256((table.folder / file).read_bytes()).hexdigest() == digest


def test_an_edited_template_writes_the_messages_anew(desk: Callable[..., Desk]) -> None:
    table = desk(2)
    first = table.prepare().rows
    path = template_path(table.folder, "issue", "zh")
    path.write_text("主题：新\n\n新的正文\n", encoding="utf-8")
    (table.folder / "outbox/mine.eml").write_text("mine", encoding="utf-8")
    second = table.prepare().rows
    kept = {path.name for path in (table.folder / "outbox").iterdir()}
    assert kept == {"mine.eml", *(row.file.rpartition("/")[2] for row in second)}
    assert [row.message_id for row in first] == [row.message_id for row in second]
    assert not {row.sha256 for row in first} & {row.sha256 for row in second}


def test_a_large_load_is_split_into_numbered_messages(desk: Callable[..., Desk]) -> None:
    table = desk(1, 3)
    size = len((table.folder / "issued/U001-1.xlsx").read_bytes())
    box = mailbox(size_mb=(size * 1.4 * 2 + 25_000) / 1e6)
    rows = table.prepare(mailbox=box).rows
    assert [(row.part, len(row.enclosures)) for row in rows] == [(1, 2), (2, 1)]
    assert all(row.size <= box.size for row in rows)
    assert len({row.message_id for row in rows}) == 2
    with pytest.raises(CampaignError, match="MAIL_SETTINGS"):
        mailbox(size_mb="x")
    small = table.prepare(mailbox=mailbox(size_mb=0.03))
    assert [problem.unit for problem in small.problems] == ["U001"]
    assert small.rows == []


def test_what_was_sent_stays_sent_and_what_is_new_follows(desk: Callable[..., Desk]) -> None:
    table = desk(2, 1)
    first = table.prepare().rows
    table.settle(first[0], "sent")
    table.settle(first[1], "uncertain")
    assert table.prepare() == Prepared([], [], [], [], 2)
    extra = task(table.plan.units[0], 2)
    table.plan = replace(table.plan, tasks=(*table.plan.tasks, extra))
    issue_more = replace(table.plan, tasks=(extra,))
    issue(table.folder, issue_more)
    (row,) = table.prepare().rows
    assert (row.unit, row.purpose, [each.assignments for each in row.enclosures]) == ("U001", "issue-2", [("U001-2",)])


def test_what_changed_after_it_was_sent_is_said_and_sent_on_demand(desk: Callable[..., Desk]) -> None:
    table = desk(2)
    for row in table.prepare().rows:
        table.settle(row, "sent")
    changed = table.plan.tasks[0]
    changed = replace(changed, assignment=replace(changed.assignment, project_name="改名的项目"))
    table.plan = replace(table.plan, tasks=(changed, table.plan.tasks[1]))
    issue(table.folder, replace(table.plan, tasks=(changed,)))
    assert table.prepare() == Prepared([], [], [], ["U001"], 2)
    (row,) = table.prepare(again=True).rows
    assert (row.unit, row.purpose) == ("U001", "issue-2")


def test_a_round_that_has_partly_gone_keeps_its_other_part(desk: Callable[..., Desk]) -> None:
    table = desk(1, 2)
    size = len((table.folder / "issued/U001-1.xlsx").read_bytes())
    box = mailbox(size_mb=(size * 1.4 + 23_000) / 1e6)
    first = table.prepare(mailbox=box).rows
    assert [row.part for row in first] == [1, 2]
    table.settle(first[0], "sent")
    table.settle(first[1], "deferred")
    (left,) = table.prepare(mailbox=box).rows
    assert (left.id, left.sha256, left.purpose) == (first[1].id, first[1].sha256, "issue")


def test_a_corrected_address_writes_a_refused_message_anew(desk: Callable[..., Desk]) -> None:
    table = desk(1)
    (first,) = table.prepare().rows
    table.settle(first, "refused")
    right = replace(table.plan.units[0], contacts=(Contact(name="王五", address="right@example.org"),))
    table.plan = replace(table.plan, units=(right,))
    (second,) = table.prepare().rows
    assert (second.id, second.recipients, second.state) == (first.id, ("right@example.org",), "queued")


def test_a_unit_that_left_the_roster_gets_nothing(desk: Callable[..., Desk]) -> None:
    table = desk(2)
    table.prepare()
    table.plan = replace(table.plan, units=table.plan.units[:1], tasks=table.plan.tasks[:1])
    assert [row.unit for row in table.prepare().rows] == ["U001"]
    assert {row.unit: row.state for row in table.rows()} == {"U001": "queued", "U002": "withdrawn"}


def test_only_some_units(desk: Callable[..., Desk]) -> None:
    table = desk(3)
    table.prepare()
    assert [row.unit for row in table.prepare(only=("U002",)).rows] == ["U002"]
    assert {row.state for row in table.rows()} == {"queued"}
    with pytest.raises(CampaignError, match="U999"):
        table.prepare(only=("U999",))


def test_a_trial_goes_to_me_alone_and_is_not_the_sending(desk: Callable[..., Desk]) -> None:
    table = desk(2)
    rows = table.prepare(to_me="me@example.org").rows
    assert {row.recipients for row in rows} == {("me@example.org",)}
    table.settle(rows[0], "sent")
    again = table.prepare(to_me="me@example.org").rows
    assert {row.purpose for row in again} == {"trial-2"}
    real = table.prepare().rows
    assert [(row.purpose, row.recipients) for row in real] == [("issue", (f"u{n}@example.org",)) for n in (1, 2)]
    with Ledger.open(table.folder, "status", hold=False) as ledger:
        assert ledger.latest("sent") == {}


def test_chinese_attachment_names_on_demand(desk: Callable[..., Desk]) -> None:
    table = desk(1, 2)
    tasks = tuple(
        replace(
            each, assignment=replace(each.assignment, project_name='图书馆/免费"开放"补助经费与设施设备维修更新改造')
        )
        for each in table.plan.tasks
    )
    table.plan = replace(table.plan, tasks=tasks)
    issue(table.folder, table.plan)
    (row,) = table.prepare(mailbox=mailbox(attachment_names="chinese")).rows
    names = [each.name for each in mime.read((table.folder / row.file).read_bytes()).attachments]
    assert names == ["图书馆免费开放补助经费与设施设备维修更新.xlsx", "图书馆免费开放补助经费与设施设备维修更新-2.xlsx"]


# Wrong recipients


def codes(problems: list[Problem]) -> list[str]:
    return [problem.unit for problem in problems]


@pytest.mark.parametrize(
    "address", ["", "a", "a@", "@b.cn", "张三@b.cn", "a b@c.cn", "a@b", "a@b..cn", "a@-b.cn", "a@b.cn\nBcc: c@d.cn", "a@b.cn, c@d.cn", "x" * 65 + "@b.cn"]
)  # fmt: skip
def test_a_bad_address_holds_its_unit_and_no_other(desk: Callable[..., Desk], address: str) -> None:
    table = desk(2)
    bad = replace(table.plan.units[0], contacts=(Contact(name="", address=address),))
    table.plan = replace(table.plan, units=(bad, table.plan.units[1]))
    found = table.prepare()
    assert codes(found.problems) == ["U001"]
    assert [row.unit for row in found.rows] == ["U002"]


def test_addresses_are_written_in_ascii() -> None:
    assert checked("Zhang.San+x@政务.example") == "Zhang.San+x@xn--zfr164b.example"
    assert checked(" a@B.CN ") == "a@b.cn"
    with pytest.raises(BadAddressError):
        checked("a@b.cn\x00")


def test_names_with_line_ends_are_refused_when_the_roster_is_read(desk: Callable[..., Desk]) -> None:
    table = desk(2)
    for changed in (
        replace(table.plan.units[0], name="一\r\nBcc: x@y.cn"),
        replace(table.plan.units[0], contacts=(Contact(name="一\nX: y", address="a@b.cn"),)),
    ):
        table.plan = replace(table.plan, units=(changed, table.plan.units[1]))
        assert codes(table.prepare().problems) == ["U001"]


def test_an_address_of_two_units_holds_both_unless_allowed(desk: Callable[..., Desk]) -> None:
    table = desk(3)
    units = table.plan.units
    table.plan = replace(
        table.plan,
        units=(units[0], replace(units[1], contacts=(Contact(name="", address="U1@Example.org"),)), units[2]),
    )
    assert codes(table.prepare().problems) == ["U001", "U002"]
    assert len(table.prepare(shared=True).rows) == 3


def test_domains_may_be_limited(desk: Callable[..., Desk]) -> None:
    table = desk(2)
    other = replace(table.plan.units[0], contacts=(Contact(name="", address="a@elsewhere.org"),))
    table.plan = replace(table.plan, units=(other, table.plan.units[1]))
    assert codes(table.prepare(mailbox=mailbox(domains=["example.org"])).problems) == ["U001"]


def test_two_workbooks_exchanged_on_the_disk_are_not_sent(desk: Callable[..., Desk]) -> None:
    table = desk(3)
    first, second = table.folder / "issued/U001-1.xlsx", table.folder / "issued/U002-1.xlsx"
    a, b = first.read_bytes(), second.read_bytes()
    first.write_bytes(b)
    second.write_bytes(a)
    found = table.prepare()
    assert codes(found.problems) == ["U001", "U002"]
    assert [row.unit for row in found.rows] == ["U003"]


@pytest.mark.parametrize("how", ["stamp", "campaign", "key", "unit", "extra", "none", "empty", "gone", "no_form"])
def test_the_stamp_must_be_that_of_the_unit_even_where_the_ledger_is_wrong(desk: Callable[..., Desk], how: str) -> None:
    """The ledger says that this file was issued to the unit: hash and all. The stamp says otherwise."""
    table = desk(2, 1)
    one, two = table.plan.units
    made: dict[str, Callable[[], bytes]] = {
        "stamp": lambda: workbook(two, table.plan.tasks_of(two.code)),
        "campaign": lambda: workbook(one, table.plan.tasks_of(one.code), campaign="last-year"),
        "key": lambda: workbook(one, table.plan.tasks_of(one.code), key=b"x" * 32),
        "unit": lambda: workbook(replace(one, code="U009"), table.plan.tasks_of(one.code)),
        "extra": lambda: workbook(one, (*table.plan.tasks_of(one.code), task(one, 9))),
        "none": lambda: b"PK\x03\x04 no workbook",
        "empty": lambda: b"",
        "gone": lambda: b"",
        "no_form": lambda: (Path(__file__).parent.parent / "samples/2022/filled/居委办公经费.xlsx").read_bytes(),
    }
    data = made[how]()
    path = table.folder / "issued/U001-1.xlsx"
    path.write_bytes(data)
    if how == "gone":
        path.unlink()
    with Ledger.open(table.folder, "test") as ledger:
        digest = sha256(data).hexdigest()
        ledger.record("issued", "U001-1", unit="U001", file="issued/U001-1.xlsx", sha256=digest)
    found = table.prepare()
    assert codes(found.problems) == ["U001"]
    assert [row.unit for row in found.rows] == ["U002"]


def test_what_was_not_generated_holds_its_unit(desk: Callable[..., Desk]) -> None:
    table = desk(2)
    table.plan = replace(table.plan, tasks=(*table.plan.tasks, task(table.plan.units[0], 7)))
    (problem,) = table.prepare().problems
    assert "perfxl generate" in problem.zh


def test_a_message_is_proved_again_from_its_bytes(desk: Callable[..., Desk]) -> None:
    table = desk(2)
    first, second = table.prepare().rows
    bytes_of = {row.unit: (table.folder / row.file).read_bytes() for row in (first, second)}
    with Ledger.open(table.folder, "send") as ledger:
        what = issued(table.folder, table.plan, ledger)
        what.prove_message(first, bytes_of["U001"])
        with pytest.raises(MismatchError):
            what.prove_message(first, bytes_of["U002"])
        forged = first._replace(recipients=second.recipients, message_id=second.message_id)
        with pytest.raises(MismatchError, match=r"another unit|not all of|not the attachment"):
            what.prove_message(forged, bytes_of["U002"])
        (table.folder / "issued/U001-1.xlsx").write_bytes(b"changed")
        with pytest.raises(MismatchError):
            what.prove_message(first, bytes_of["U001"])


def shuffle_rosters(folder: Path, times: int) -> int:
    """Rosters in any order, contacts dealt out anew: each message must carry the workbook of its unit to
    the people of that unit, and prove it from its bytes. The number of messages looked at."""
    draw, what, seen = random.Random(11), plan(4), 0
    table = Desk(folder, what)
    with Ledger.open(table.folder, "send") as ledger:
        base, outbox = issued(table.folder, what, ledger), Outbox(ledger, CAMPAIGN)
        for _ in range(times):
            people = [each.contacts for each in what.units]
            draw.shuffle(people)
            units = [replace(each, contacts=contacts) for each, contacts in zip(what.units, people, strict=True)]
            owner = {each.code: each.contacts[0].address for each in units}
            tasks = list(what.tasks)
            draw.shuffle(units)
            draw.shuffle(tasks)
            shuffled = replace(base, plan=replace(what, units=tuple(units), tasks=tuple(tasks)))
            for row in prepare(shuffled, outbox, ORDER).rows:
                message = mime.read(outbox.data(row))
                assert message.to == row.recipients == (owner[row.unit],)
                assert [each.name for each in message.attachments] == [f"{row.unit}-1_shanghai_2026.xlsx"]
                shuffled.prove_message(row, outbox.data(row))
                seen += 1
    return seen


def test_shuffled_rosters_never_cross(tmp_path: Path) -> None:
    assert shuffle_rosters(tmp_path, 10) == 40


@pytest.mark.slow
def test_ten_thousand_messages_of_shuffled_rosters_never_cross(tmp_path: Path) -> None:
    times = int(10_000 * float(os.environ.get("PERFXL_SHARE", "1")) * 0.25)
    assert shuffle_rosters(tmp_path, times) == 4 * times


def test_the_recipients_are_kept_as_they_were_queued(desk: Callable[..., Desk]) -> None:
    table = desk(1)
    (row,) = table.prepare().rows
    with Ledger.open(table.folder, "status", hold=False) as ledger:
        kept = ledger.database.execute("SELECT recipients FROM outbox").fetchone()[0]
    assert json.loads(kept) == list(row.recipients)
