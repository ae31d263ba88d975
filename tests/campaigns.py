"""Campaign folders for tests: invented units, issued workbooks, a ledger."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from perfxl.campaign.enclosing import Issued
from perfxl.campaign.ledger import Ledger
from perfxl.campaign.mailbox import Mailbox, mailbox_of
from perfxl.campaign.plan import Contact, Plan, Task, Unit
from perfxl.campaign.stationery import supply_templates
from perfxl.form import load_form
from perfxl.record import Assignment
from perfxl.stamp import Seal
from perfxl.template import build_workbook
from perfxl.xlsx.writer import write_workbook

CAMPAIGN, KEY = "test-2026", bytes(range(32))
DEPARTMENT = "某市文化和旅游局"


def unit(number: int, **changes: object) -> Unit:
    """Unit 1 is 第1文化站 with one contact."""
    contact = Contact(name=f"联系人{number}", address=f"u{number}@example.org")
    return replace(Unit(code=f"U{number:03d}", name=f"第{number}文化站", contacts=(contact,)), **changes)  # type: ignore[arg-type]


def task(of: Unit, number: int) -> Task:
    """Project ``number`` of a unit."""
    assignment = Assignment(
        id=f"{of.code}-{number}",
        form="shanghai",
        fiscal_year=2026,
        project_name=f"免费开放补助经费{number}",
        supervising_department=DEPARTMENT,
        implementing_unit=of.name,
    )
    return Task(unit=of.code, assignment=assignment)


def plan(units: int = 3, projects: int = 1) -> Plan:
    """A plan of so many units with so many projects each."""
    every = tuple(unit(number) for number in range(1, units + 1))
    tasks = tuple(task(each, number) for each in every for number in range(1, projects + 1))
    return Plan(form="shanghai", fiscal_year=2026, supervising_department=DEPARTMENT, units=every, tasks=tasks)


def workbook(of: Unit, tasks: tuple[Task, ...], *, campaign: str = CAMPAIGN, key: bytes = KEY) -> bytes:
    """The workbook issued for some tasks of a unit."""
    seal = Seal(campaign, of.code, key)
    book = build_workbook(load_form("shanghai"), [each.assignment for each in tasks], year=2026, seal=seal)
    return write_workbook(book)


def issue(folder: Path, what: Plan) -> None:
    """Make the folder, its ledger, and one workbook for each task."""
    folder.mkdir(exist_ok=True)
    (folder / "issued").mkdir(exist_ok=True)
    supply_templates(folder)
    ledger = Ledger.create(folder) if not (folder / "ledger.sqlite").exists() else Ledger.open(folder, "generate")
    with ledger, ledger.writing():
        for each in what.tasks:
            of = what.unit(each.unit)
            assert of is not None
            data = workbook(of, (each,))
            file = f"issued/{each.assignment.id}.xlsx"
            (folder / file).write_bytes(data)
            ledger.record("issued", each.assignment.id, unit=of.code, file=file, sha256=sha256(data).hexdigest())


def issued(folder: Path, what: Plan, ledger: Ledger) -> Issued:
    """What was issued, as ``send`` sees it."""
    return Issued(campaign=CAMPAIGN, key=KEY, plan=what, entries=ledger.latest("issued"), folder=folder)


def mailbox(**settings: object) -> Mailbox:
    """A mailbox on this machine that waits for nothing, but for what is set."""
    fast = {"gap_seconds": 0, "per_minute": 0, "per_day": 0, "per_connection": 0, "port": 25}
    given = {"from": "cz@example.org", "name": "某市财政局绩效科", "host": "127.0.0.1", "security": "none"}
    return mailbox_of({**given, **fast, **settings}, Path("perfxl.toml"))
