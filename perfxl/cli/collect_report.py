"""What ``collect`` tells: on paper, or as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice

import click

from perfxl import __version__

from ..campaign.collecting import Collected, Mark, Other, bare_mails, collected, names_of, others
from ..campaign.judging import Outcome
from ..campaign.ledger import Ledger
from ..campaign.overview import local_day
from ..campaign.plan import Plan
from ..campaign.returned import Counting
from ..campaign.taking import Taken
from ..rejection import REJECTIONS
from .columns import aligned, fitted
from .output import CANNOT_WRITE
from .speech import Speech

SHOWN, UNSETTLED = 40, 1
"""Lines of each kind; exit code where something came that counts for nothing."""

_WHY: dict[Counting, tuple[str, str]] = {
    "unmatched": ("对不上下发的任何一份", "answers nothing that was issued"),
    "foreign": ("是别的单位、项目或年度的表", "is another unit's, project's or year's form"),
    "blank": ("尚未填报", "is not filled in"),
    "rejected": ("无法核验", "could not be judged"),
    "superseded": ("已有更新的一份", "a newer one came"),
}


def status_words(say: Speech, status: str | None, errors: int, warnings: int, infos: int = 0) -> str:
    """A verdict in a few words."""
    if status == "pass":
        return say("通过", "pass")
    if status == "notes":
        return say(f"提示 {warnings + infos}", f"{warnings + infos} note{'s' * (warnings + infos != 1)}")
    if status == "fail":
        return say(f"错误 {errors}", f"{errors} error{'s' * (errors != 1)}")
    return say("无法核验", "not judged")


def worst(ledger: Ledger, since: Mark) -> int:
    """The exit code that what was judged since asks for."""
    row = ledger.database.execute(
        """SELECT coalesce(sum(standing = 'rejected'), 0), coalesce(sum(standing NOT IN ('counts', 'rejected')), 0)
           FROM judgement WHERE id > ?""",
        (since.judgement,),
    ).fetchone()
    return CANNOT_WRITE if row[0] else UNSETTLED if row[1] else 0


def say_all(
    say: Speech, ledger: Ledger, plan: Plan, since: Mark, taken: Taken, outcome: Outcome, *, brief: bool
) -> None:
    """The report in words."""
    click.echo(
        say(
            f"收取：看到 {taken.found} 个文件，新收原件 {taken.new} 份。",
            f"Taken in: {taken.found} file{'s' * (taken.found != 1)} seen, {taken.new} new.",
        )
    )
    counts = outcome.standings
    judged = sum(counts.values())
    if outcome.files:
        apart = judged - counts["counts"]
        click.echo(
            say(
                f"核验：{outcome.files} 个文件 {judged} 张表，计入 {counts['counts']}，没有计入 {apart}。",
                f"Judged: {outcome.files} file{'s' * (outcome.files != 1)}, {judged} form{'s' * (judged != 1)}; "
                f"{counts['counts']} count, {apart} do not.",
            )
        )
    if not brief:
        _say_returns(say, ledger, plan, since)
        _say_others(
            say, "不是自评表的附件（已原样保存）：", "Attachments that are no form (kept):", others(ledger, since)
        )
        _say_others(
            say, "没有附件的邮件（已原样保存）：", "Mails without attachments (kept):", bare_mails(ledger, since)
        )
    if taken.own:
        click.echo(say(f"略过自己发出的邮件 {taken.own} 封。", f"{taken.own} of our own letters passed over."))
    for refusal in taken.refused[:SHOWN]:
        words = REJECTIONS[refusal.code]
        place = fitted(f"{refusal.source}: {refusal.name}", 100)
        click.echo(say(f"  没有收：{place}  {words.zh}", f"  not taken: {place}  {words.en}"), err=True)
    _say_rest(say, len(taken.refused), err=True)
    for item in outcome.spoilt[:SHOWN]:
        zh = f"  {item.path} 与收取时不同或已不在；请从来源再收一次"
        click.echo(say(zh, f"  {item.path} is not as it was kept, or gone; collect it again"), err=True)


def _say_returns(say: Speech, ledger: Ledger, plan: Plan, since: Mark) -> None:
    projects = names_of(ledger, plan)
    kept, apart, total, left = list[Collected](), list[Collected](), 0, 0
    for each in collected(ledger, since):
        total += 1
        if each.counting == "counts":
            kept += [each] if len(kept) < SHOWN else []
        else:
            left += 1
            apart += [each] if len(apart) < SHOWN else []
    rows = [
        (
            each.assignment,
            projects.get(each.assignment, ""),
            status_words(say, each.status, each.errors, each.warnings, each.infos),
            each.name,
            _replaced(say, each),
        )
        for each in kept
    ]
    for line in aligned(rows, most=(14, 30, 12, 40, 60)):
        click.echo(f"  {line}")
    _say_rest(say, total - left)
    if apart:
        click.echo(say("没有计入：", "Not counted:"))
    for line in aligned([(each.name, _why(say, each)) for each in apart], most=(44, 90)):
        click.echo(f"  {line}")
    _say_rest(say, left)


def _replaced(say: Speech, each: Collected) -> str:
    if each.replaces is None:
        return ""
    name, day = each.replaces[0], local_day(each.replaces[1])
    return say(f"替代 {name}（{day}）", f"supersedes {name} ({day})")


def _why(say: Speech, each: Collected) -> str:
    words = say(*_WHY[each.counting])
    if each.code in REJECTIONS:
        rejection = REJECTIONS[each.code]
        return f"{words}{say('：', ': ')}{say(rejection.zh, rejection.en)}"
    if each.behind is not None:
        return f"{each.assignment} {words}{say('：', ': ')}{each.behind[0]}"
    return f"{words}{say('：', ': ') + each.assignment if each.assignment else ''}"


def _say_others(say: Speech, zh: str, en: str, found: Iterable[Other]) -> None:
    head = list(islice(found, SHOWN))
    if not head:
        return
    click.echo(say(zh, en))
    for line in aligned([(each.name, each.sender, each.file) for each in head], most=(44, 30, 90)):
        click.echo(f"  {line}")
    _say_rest(say, SHOWN + sum(1 for _ in found))


def _say_rest(say: Speech, total: int, *, err: bool = False) -> None:
    if total > SHOWN:
        click.echo(say(f"  …另有 {total - SHOWN} 个", f"  … and {total - SHOWN} more"), err=err)


def json_pieces(ledger: Ledger, since: Mark, taken: Taken, outcome: Outcome, at: str) -> Iterator[bytes]:
    """The report as JSON, ``perfxl.collect/1``, a piece at a time."""
    head = {"schema": "perfxl.collect/1", "tool": {"name": "perfxl", "version": __version__}, "collected_at": at}
    yield _dumped(head)[:-1]
    yield from _listed("returns", (_return(each) for each in collected(ledger, since)))
    yield from _listed("others", (each._asdict() for each in others(ledger, since)))
    yield from _listed("mails_without_attachments", (each._asdict() for each in bare_mails(ledger, since)))
    yield from _listed("refused", (each._asdict() for each in taken.refused))
    counts = {name: outcome.standings[name] for name in ("counts", "unmatched", "foreign", "blank", "rejected")}
    summary = {"seen": taken.found, "new": taken.new, "own_letters": taken.own, "judged_files": outcome.files, **counts}
    yield b',\n"summary": ' + _dumped(summary) + b"}\n"


def _return(each: Collected) -> dict[str, object]:
    found: dict[str, object] = {name: getattr(each, name) for name in Collected.__annotations__}
    for name in ("replaces", "behind"):
        other = getattr(each, name)
        found[name] = {"name": other[0], "returned_at": other[1]} if other else None
    return {name: value if value != "" or name not in _NULL else None for name, value in found.items()}


_NULL = frozenset({"assignment", "unit", "match", "code", "sheet", "sender"})


def _listed(name: str, items: Iterable[object]) -> Iterator[bytes]:
    yield f',\n"{name}": ['.encode()
    for number, item in enumerate(items):
        yield (b",\n " if number else b"\n ") + _dumped(item)
    yield b"]"


def _dumped(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace")
