"""The table of progress in words, and for programs: JSON and CSV."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from decimal import Decimal

from perfxl import __version__

from ..report.csv import BOM, row
from .overview import PLACE_WORDS, PLACES, Line, Totals, local_day
from .plan import Plan

COLUMNS: tuple[tuple[str, str, str, float], ...] = (
    ("assignment", "编号", "Assignment", 10),
    ("unit", "单位代码", "Unit", 10),
    ("unit_name", "单位", "Unit name", 24),
    ("project", "项目", "Project", 28),
    ("place", "状态", "State", 10),
    ("verdict", "结论", "Verdict", 10),
    ("sent", "下发", "Sent", 11.5),
    ("returned", "收回", "Returned", 11.5),
    ("answered", "答复", "Answered", 11.5),
    ("days_late", "逾期天数", "Days late", 9),
    ("returns", "收到份数", "Returns", 9),
    ("remark", "备注", "Remark", 28),
    ("file", "原件", "Original", 24),
)


def verdict_words(line: Line, lang: str) -> str:
    """The verdict on the return that counts, in a few words."""
    found, zh = line.standing, lang == "zh"
    if found.status is None:
        return ""
    notes = found.warnings + found.infos
    if found.status == "fail":
        return f"错误 {found.errors}" if zh else f"{found.errors} error{'s' * (found.errors != 1)}"
    if found.status == "notes":
        return f"提示 {notes}" if zh else f"{notes} note{'s' * (notes != 1)}"
    return "无问题" if zh else "clean"


def remark_words(line: Line, lang: str) -> str:
    """What else is to be said of a line."""
    zh, said = lang == "zh", list[str]()
    decision, lapsed = line.standing.decision, line.standing.lapsed
    if decision is not None and (decision.reason or decision.approver):
        by = (f"（{decision.approver}）" if zh else f" ({decision.approver})") if decision.approver else ""
        said.append(f"{decision.reason}{by}")
    if lapsed is not None:
        word = PLACE_WORDS[lapsed.kind][not zh]
        said.append(f"“{word}”之后又来了新的一份" if zh else f"a newer return came after “{word}”")
    if line.stray is not None:
        said.append(_STRAY.get(line.stray, ("", ""))[not zh])
    if not line.standing.issued_at:
        said.append("还没有生成" if zh else "not generated yet")
    if not line.listed:
        said.append("花名册里已没有" if zh else "no longer in the roster")
    return ("；" if zh else "; ").join(filter(None, said))


_STRAY = {
    "blank": ("收到的表尚未填报", "what came is not filled in"),
    "foreign": ("收到的表不是发给它的", "what came is another unit's"),
}


def _day(at: str) -> str:
    found = local_day(at)
    return found.isoformat() if found else ""


def values_of(line: Line, lang: str) -> tuple[Decimal | str | None, ...]:
    """One line in the order of ``COLUMNS``."""
    found = line.standing
    return (
        line.assignment, line.unit, line.unit_name, line.project, PLACE_WORDS[line.place][lang != "zh"],
        verdict_words(line, lang) or None, _day(found.sent_at) or None, _day(found.returned_at) or None,
        _day(found.answered_at) or None, None if line.days_late is None else Decimal(line.days_late),
        Decimal(found.returns), remark_words(line, lang) or None, found.file or None,
    )  # fmt: skip


def csv_pieces(lines: Iterable[Line], lang: str) -> Iterator[bytes]:
    """The table as CSV that runs nothing."""
    yield BOM + row([en if lang != "zh" else zh for _, zh, en, _ in COLUMNS])
    for line in lines:
        yield row(values_of(line, lang))


def json_pieces(lines: Iterable[Line], totals: Totals, plan: Plan, today: str) -> Iterator[bytes]:
    """The table as JSON, ``perfxl.status/1``; moments are UTC."""
    due = plan.due.isoformat() if plan.due else None
    head = {"schema": "perfxl.status/1", "tool": {"name": "perfxl", "version": __version__}, "day": today, "due": due}
    yield _dumped(head)[:-1] + b',\n"assignments": ['
    for number, line in enumerate(totals.counted(lines)):
        yield (b",\n " if number else b"\n ") + _dumped(_object(line))
    summary: dict[str, object] = {"asked": totals.asked, **{place: totals.places[place] for place in PLACES}}
    summary |= {"overdue": totals.late, "units": len(totals.units), "units_complete": totals.units_complete}
    yield b'],\n"summary": ' + _dumped(summary) + b"}\n"


def _object(line: Line) -> dict[str, object]:
    found, decision = line.standing, line.standing.decision
    return {
        "assignment": line.assignment, "unit": line.unit, "unit_name": line.unit_name, "project": line.project,
        "state": line.place, "days_late": line.days_late, "issued_at": found.issued_at or None,
        "sent_at": found.sent_at or None, "returned_at": found.returned_at or None,
        "judged_at": found.judged_at or None, "answered_at": found.answered_at or None,
        "consolidated_at": found.consolidated_at or None, "status": found.status, "errors": found.errors,
        "warnings": found.warnings, "infos": found.infos, "returns": found.returns, "name": found.name or None,
        "file": found.file or None, "sha256": found.sha256 or None,
        "decision": None if decision is None else {
            "kind": decision.kind, "at": decision.at, "who": decision.who, "reason": decision.reason or None,
            "approver": decision.approver or None, "rules": list(decision.rules),
        },
        "lapsed": None if found.lapsed is None else found.lapsed.kind, "stray": line.stray, "listed": line.listed,
    }  # fmt: skip


def _dumped(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace")


def figures(totals: Totals) -> list[tuple[str, str, int]]:
    """The sums: words in Chinese and English, and the count."""
    found = [("下达任务", "Asked for", totals.asked)]
    found += [(*PLACE_WORDS[place], totals.places[place]) for place in PLACES]
    found += [("其中逾期未收", "of the missing, overdue", totals.late), ("单位", "Units", len(totals.units))]
    return [*found, ("全部收齐的单位", "Units that returned all", totals.units_complete)]


def title(plan: Plan, lang: str) -> str:
    """What stands over the table."""
    year = plan.fiscal_year
    return f"{year} 年度绩效自评表收回进度" if lang == "zh" else f"Self-evaluation forms {year}: returns"


def under(plan: Plan, lang: str, today: str) -> str:
    """The line below it: whose, of which day, due when."""
    department = plan.supervising_department or ""
    if lang == "zh":
        return "　".join(filter(None, [department, f"截至 {today}", f"截止日期 {plan.due}" if plan.due else ""]))
    return ", ".join(filter(None, [department, f"as of {today}", f"due {plan.due}" if plan.due else ""]))
