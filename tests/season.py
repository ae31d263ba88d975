"""A campaign in the middle of its season: issued, and with forms that come back, for tests."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result
from records_made import filled
from rosters import campaign, few

from perfxl.campaign.ledger import Ledger
from perfxl.campaign.plan import Plan, Task
from perfxl.campaign.roster_plan import read_plan
from perfxl.campaign.sample_returns import Units
from perfxl.campaign.settings import read_campaign, read_key
from perfxl.cli import cli
from perfxl.record import SelfEvaluation
from perfxl.stamp import Seal
from perfxl.template import build_workbook
from perfxl.xlsx.writer import write_workbook

SETTINGS = 'from = "cz@example.org"\nname = "某市财政局绩效科"\nhost = "127.0.0.1"\nsecurity = "none"\n'
FAST = "gap_seconds = 0\nper_minute = 0\nper_day = 0\n"


def run(*arguments: object, lang: str = "zh") -> Result:
    """A command, as somebody types it."""
    return CliRunner().invoke(cli, [*map(str, arguments), "--lang", lang])


def ran(*arguments: object, code: int | None = 0, lang: str = "zh") -> str:
    """What a command says that ends with this code, or with any."""
    result = run(*arguments, lang=lang)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert code is None or result.exit_code == code, result.output
    return result.output


class Season:
    """The campaign folder, its plan, and what its units send back."""

    def __init__(self, folder: Path, rows: Any = 4) -> None:
        self.folder = campaign(folder, few(rows) if isinstance(rows, int) else rows)
        ran("generate", folder, "--quiet")
        self.campaign = read_campaign(folder)
        self.form = self.campaign.load_form()
        self.plan: Plan = read_plan(self.campaign, self.form)
        self.key = read_key(folder)

    def with_mail(self, port: int = 25) -> Season:
        """A mailbox on this machine that waits for nothing."""
        path = self.folder / "perfxl.toml"
        text = path.read_text(encoding="utf-8").replace('from = "" ', "# from ").replace('name = "" ', "# name ")
        lines = f"{SETTINGS}{FAST}port = {port}\n"
        path.write_text(text.replace("[mail]\n", f"[mail]\n{lines}", 1), encoding="utf-8")
        return self

    @property
    def tasks(self) -> tuple[Task, ...]:
        """What was asked for."""
        return tuple(self.plan.tasks)

    def record(self, task: Task, **changes: Any) -> SelfEvaluation:
        """A right answer, but for the changes."""
        return replace(filled(self.form, task.assignment), **changes)

    def workbook(
        self, *tasks: Task, key: bytes | None = None, unit: str = "", year: int = 2026, stamped: bool = True,
        blank: bool = False, **changes: Any,
    ) -> bytes:  # fmt: skip
        """The workbook of some tasks as their unit sends it back."""
        seal = Seal(self.campaign.id, unit or tasks[0].unit, key or self.key)
        assignments = [task.assignment for task in tasks]
        records = None if blank else [self.record(task, **changes) for task in tasks]
        book = build_workbook(self.form, assignments, year=year, records=records, seal=seal)
        if not stamped:
            book = replace(
                book,
                sheets=tuple(
                    replace(sheet, constants={}, names={}) for sheet in book.sheets if sheet.visibility == "visible"
                ),
                constants={},
                properties={},
            )
        return write_workbook(book)

    def clean(self, task: Task) -> bytes:
        """The workbook of a task with nothing against it."""
        at = datetime(2026, 11, 2, 9, tzinfo=timezone(timedelta(hours=8)))
        units = Units(campaign=self.campaign, form=self.form, plan=self.plan, key=self.key, at=at)
        return units.returned(task.assignment, mended=True)

    def collect(self, *words: object, code: int = 0, lang: str = "zh") -> str:
        """``perfxl collect``."""
        return ran("collect", *words, "--campaign", self.folder, code=code, lang=lang)

    def collected(self, *words: object, code: int = 0) -> dict[str, Any]:
        """The same as JSON."""
        found: dict[str, Any] = json.loads(self.collect(*words, "--format", "json", "--quiet", code=code))
        return found

    def tables(self) -> dict[str, list[tuple[object, ...]]]:
        """All that the ledger holds of returns, without the moments at which it was written."""
        with Ledger.open(self.folder, "test", hold=False) as ledger:
            return {
                name: ledger.database.execute(query).fetchall()
                for name, query in {
                    "original": "SELECT sha256, kind, file, size FROM original ORDER BY 1",
                    "arrival": "SELECT sha256, source, name, inside, message_id, sender, hint FROM arrival ORDER BY 1, 2, 3",
                    "judgement": """SELECT sha256, number, sheet, assignment, unit, match, standing, status, code
                        FROM judged ORDER BY 1, 2""",
                    "history": "SELECT assignment, event, file, sha256, detail FROM history ORDER BY 1, 2, 4",
                }.items()
            }


def mail(
    *attachments: tuple[str, bytes], sender: str = "a@u0001.example", message_id: str = "<1@unit.example>",
    date: str = "Mon, 02 Nov 2026 09:00:00 +0800", subject: str = "报送自评表",
) -> bytes:  # fmt: skip
    """A mail from a unit."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = f"某单位 <{sender}>", "cz@example.org", subject
    message["Date"], message["Message-ID"] = date, message_id
    message.set_content("见附件。")
    for name, data in attachments:
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()
