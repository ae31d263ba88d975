"""Verdicts as text that a person reads: what is wrong, where, why, and what to do.

    党建.xlsx[自评表]  党组织服务群众经费 · 某单位  → 退回（错误 5，提醒 12，提示 14）

Errors come first.  The same fault in many cells is one entry that lists the places.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from ..finding import Across, BatchFinding, BatchNotRun, Finding, NotRun, Severity, Verdict, Waiver
from ..noun import ordered_noun
from . import words
from .tally import Tally

Paint = Callable[[str, str], str]
"""A text in a colour: ``red``, ``yellow``, ``green``, ``blue``, ``bold`` or ``dim``."""

APART, PLACES = 3, 5
"""So many differing messages of one rule stand apart; so many places are listed."""

_HEADS = {"error": ("错误", "errors"), "warning": ("提醒", "warnings"), "info": ("提示", "infos")}
_STATES = {
    "pass": ("通过", "passed"),
    "notes": ("有提示", "notes"),
    "fail": ("退回", "to be returned"),
    "rejected": ("未能核验", "not judged"),
    "internal_error": ("程序出错", "perfxl failed"),
}
_COLOURS = {
    "fail": "red",
    "rejected": "red",
    "internal_error": "red",
    "notes": "yellow",
    "pass": "green",
    "error": "red",
    "warning": "yellow",
    "info": "blue",
}


def cells(text: str) -> int:
    """How wide a text stands on a terminal: Chinese characters take two columns."""
    return sum(2 if _is_wide(ch) else not unicodedata.combining(ch) for ch in text)


def wrap(text: str, width: int | None, first: str = "", rest: str = "") -> Iterator[str]:
    """The text in lines no wider than ``width``; breaks at blanks, and between Chinese characters.

    ``first`` and ``rest`` are put before the first and before every other line.
    """
    if width is None:
        yield first + text
        return
    line, used = first, cells(first)
    for piece in _pieces(text):
        size = cells(piece)
        if used + cells(piece.rstrip()) > max(width, cells(rest) + 8) and line.strip() and line != rest:
            yield line.rstrip()
            line, used = rest, cells(rest)
            piece = piece.lstrip()
            size = cells(piece)
        line, used = line + piece, used + size
    yield line.rstrip()


# Punctuation that may not begin a line stays with what goes before it.
_CLOSING = "，。；：、！？）」』】》”’%…,.;:!?)]}"


def _pieces(text: str) -> Iterator[str]:
    """A text cut where a line may break: after a blank, and around Chinese characters."""
    piece = ""
    for ch in text:
        breaks = _is_wide(ch) or piece[-1:] == " " or _is_wide(piece[-1:])
        if piece and breaks and ch not in _CLOSING:
            yield piece
            piece = ""
        piece += ch
    if piece:
        yield piece


def _is_wide(ch: str) -> bool:
    return bool(ch) and unicodedata.east_asian_width(ch) in "WF"


@ordered_noun
class Entry:
    """One entry of the report: findings of one rule that say the same."""

    findings: list[Finding]
    text: str
    example: str = ""


def grouped(findings: Iterable[Finding], lang: str) -> Iterator[Entry]:
    """Findings of one severity as entries, rule by rule, in the order met."""
    rules: dict[tuple[str, str, Waiver | None], dict[tuple[str, str], list[Finding]]] = {}
    for finding in findings:
        cause = words.cause(finding.diagnosis, lang) if finding.diagnosis else ""
        same = rules.setdefault((finding.rule, finding.variant, finding.waived), {})
        same.setdefault((words.message(finding, lang), cause), []).append(finding)
    for (rule, _, _), same in rules.items():
        if len(same) <= APART:
            for (text, _), each in same.items():
                yield Entry(each, text)
        else:
            (example, _), first = next(iter(same.items()))
            every = [finding for each in same.values() for finding in each]
            yield Entry(every, words.title(rule, lang), f"{first[0].cell or first[0].field} {example}")


class TextReport:
    """Writes verdicts as text, one at a time. ``width`` is that of the terminal, ``None`` where there is none."""

    def __init__(
        self, lang: str, *, paint: Paint = lambda text, _: text, width: int | None = None, brief: bool = False
    ) -> None:
        self.lang, self.paint, self.width, self.brief = lang, paint, width, brief

    def say(self, zh: str, en: str) -> str:
        """The wording in the language of the report."""
        return zh if self.lang == "zh" else en

    def report(self, verdicts: Iterable[Verdict], tally: Tally, across: Across | None = None) -> Iterator[str]:
        """The whole report in pieces: form by form, across forms, the summary last."""
        for verdict in tally.counted(verdicts):
            yield "".join(f"{line}\n" for line in self.verdict(verdict))
        if across is not None:
            yield from (f"{line}\n" for line in self.across(across, tally))
        yield self.summary(tally) + "\n"

    def across(self, across: Across, tally: Tally) -> Iterator[str]:
        """What the forms show side by side; of one form alone, only what was found is said."""
        head = self.paint(self.say("跨表核验", "Across forms"), "bold")
        said = False
        for found in across.findings:
            tally.add_across(found)
            if not said:
                yield head
            said = True
            yield from self._batch_finding(found)
        unasked = list(across.not_run) if tally.forms > 1 else []
        if unasked and not said:
            yield head
        if unasked and not self.brief:
            yield "  " + self.paint(self.say("未能核验（缺少所需内容）", "not checked, for want of"), "dim")
            for each in unasked:
                yield from wrap(self._batch_not_run(each), self.width, "    ", "      ")
        if said or unasked:
            yield ""

    def _batch_finding(self, found: BatchFinding) -> Iterator[str]:
        finding, count = found.finding, len(found.places)
        name = _HEADS[finding.severity.value][0 if self.lang == "zh" else 1].removesuffix("s")
        yield f"  {finding.rule}  {self.paint(name, _COLOURS[finding.severity.value])}"
        yield from wrap(words.message(finding, self.lang), self.width, "      ", "      ")
        if self.brief:
            return
        for place in islice(found.places, PLACES):
            sheet = words.clean(place.sheet)
            where = f"[{sheet}!{place.cell}]" if place.cell else f"[{sheet}]" if sheet else ""
            yield "      " + self.paint(words.clean(place.file) + where, "bold")
        if count > PLACES:
            yield "      " + self.say(f"等 {count} 处", f"and {count - PLACES} more")
        yield from wrap(self.say("处理：", "Do: ") + words.remedy(finding, self.lang), self.width, "      ", "      ")

    def _batch_not_run(self, each: BatchNotRun) -> str:
        lacking = words.missing(NotRun(rule=each.rule, cell=None, field="", missing=each.missing), self.lang)
        return self.say(
            f"{each.rule}（{each.forms} 张表）：缺 {lacking}",
            f"{each.rule} ({_counted(each.forms, 'form')}): {lacking}",
        )

    def verdict(self, verdict: Verdict) -> Iterator[str]:
        """The lines of one verdict."""
        yield from self._heading(verdict)
        if verdict.code:
            yield from self._rejection(verdict)
        if self.brief:
            return
        for severity in Severity:
            found = [finding for finding in verdict.findings if finding.severity is severity]
            if found:
                yield "  " + self.paint(self.say(*_HEADS[severity.value]), _COLOURS[severity.value])
            for entry in grouped(found, self.lang):
                yield from self._entry(verdict, entry)
        yield from self._not_run(verdict)
        yield from self._remarks(verdict)
        yield ""

    def _heading(self, verdict: Verdict) -> Iterator[str]:
        place = words.clean(verdict.file) + (f"[{words.clean(verdict.sheet)}]" if verdict.sheet else "")
        state = self.say(*_STATES[verdict.status])
        if verdict.code:
            state += f" {verdict.code}"
        else:
            counted = [finding.severity.value for finding in verdict.findings if finding.waived is None]
            counts = [(name, counted.count(name)) for name in _HEADS]
            shown = [
                f"{_HEADS[name][0]} {count}" if self.lang == "zh" else _counted(count, name)
                for name, count in counts
                if count
            ]
            if len(counted) < len(verdict.findings):
                waived = len(verdict.findings) - len(counted)
                shown.append(self.say(f"已豁免 {waived}", f"{waived} waived"))
            state += self.say(f"（{'，'.join(shown)}）", f" ({', '.join(shown)})") if shown else ""
        record = verdict.record
        named = [record.project_name, record.implementing_unit] if record else []
        names = " · ".join(words.clean(name, 60) for name in named if name)
        middle = f"  {names}  → " if names else "  → "
        yield self.paint(place, "bold") + middle + self.paint(state, _COLOURS[verdict.status])

    def _rejection(self, verdict: Verdict) -> Iterator[str]:
        text, remedy = words.rejection(verdict, self.lang)
        where = f"（{words.clean(verdict.where)}）" if self.lang == "zh" else f" ({words.clean(verdict.where)})"
        yield from wrap(text + (where if verdict.where else ""), self.width, "  ", "  ")
        yield from wrap(self.say("处理：", "Do: ") + remedy, self.width, "  ", "  ")

    def _entry(self, verdict: Verdict, entry: Entry) -> Iterator[str]:
        first = entry.findings[0]
        places = self._places(verdict, [finding.cell for finding in entry.findings])
        yield from wrap(f"{first.rule}  {self.paint(places, 'bold')}", None, "    ")
        yield from wrap(entry.text, self.width, "      ", "      ")
        if first.waived:
            by, until, why = first.waived.approver, first.waived.expires, words.clean(first.waived.reason)
            zh, en = f"（已豁免：{why}；{by} 批准，至 {until}）", f"(waived: {why}; by {by}, until {until})"
            yield from wrap(self.say(zh, en), self.width, "      ", "      ")
        if entry.example:
            yield from wrap(self.say("例：", "For example ") + entry.example, self.width, "      ", "      ")
        if first.caused_by:
            rule, cell = first.caused_by
            zh, en = f"（由 {cell or ''} 的 {rule} 引起）", f"(follows from {rule} at {cell or 'the form'})"
            yield "      " + self.paint(self.say(zh, en), "dim")
        if first.diagnosis and first.diagnosis.state != "unexplained":
            likely = first.diagnosis.state == "ambiguous"
            head = self.say("可能的原因：", "Possible cause: ") if likely else self.say("原因：", "Cause: ")
            yield from wrap(head + words.cause(first.diagnosis, self.lang), self.width, "      ", "      ")
            for other in first.diagnosis.alternatives:
                yield from wrap(
                    self.say("或：", "or: ") + words.cause(other, self.lang), self.width, "      ", "      "
                )
        remedy = words.remedy(first, self.lang)
        if remedy:
            yield from wrap(self.say("处理：", "Do: ") + remedy, self.width, "      ", "      ")

    def _places(self, verdict: Verdict, found: Iterable[str | None]) -> str:
        where = list(dict.fromkeys(self._place(verdict, cell) for cell in found))
        file = len(words.clean(verdict.file))  # stands before the first place only
        where = [where[0], *(place[file:] for place in where[1:])]
        shown = self.say("、", ", ").join(where[:PLACES])
        more = self.say(f" 等 {len(where)} 处", f" and {len(where) - PLACES} more")
        return shown + (more if len(where) > PLACES else "")

    @staticmethod
    def _place(verdict: Verdict, cell: str | None) -> str:
        sheet = words.clean(verdict.sheet or "")
        return f"{words.clean(verdict.file)}[{sheet}!{cell}]" if cell else f"{words.clean(verdict.file)}[{sheet}]"

    def _not_run(self, verdict: Verdict) -> Iterator[str]:
        rules: dict[str, list[NotRun]] = {}
        for each in verdict.not_run:
            rules.setdefault(each.rule, []).append(each)
        if rules:
            yield "  " + self.paint(self.say("未能核验（缺少所需内容）", "not checked, for want of"), "dim")
        for lacking, codes in self._lacking(rules).items():
            yield from wrap(
                self.say(f"{'、'.join(codes)}：缺 {lacking}", f"{', '.join(codes)}: {lacking}"),
                self.width,
                "    ",
                "      ",
            )
        for rule, found in rules.items():
            if _nowhere(found):
                continue
            place, lacking = self._place(verdict, found[0].cell), words.missing(found[0], self.lang)
            zh = f"{rule} ×{len(found)}  {place}{' 等' if len(found) > 1 else ''}：缺 {lacking}"
            en = f"{rule} ×{len(found)}  {place}{' and more' if len(found) > 1 else ''}: {lacking}"
            yield from wrap(self.say(zh, en), self.width, "    ", "      ")

    def _lacking(self, rules: Mapping[str, list[NotRun]]) -> dict[str, list[str]]:
        """The rules that lack something at no place in particular, by what they lack."""
        lacking: dict[str, list[str]] = {}
        for rule, found in rules.items():
            if _nowhere(found):
                lacking.setdefault(words.missing(found[0], self.lang), []).append(rule)
        return lacking

    def _remarks(self, verdict: Verdict) -> Iterator[str]:
        for code, where in verdict.notes:
            shown = words.note(code, self.lang) + (f" [{words.clean(where)}]" if where else "")
            yield from wrap(self.say("注：", "Note: ") + shown, self.width, "  ", "  ")
        if verdict.choice is not None:
            yield from wrap(words.choice(verdict.choice, self.lang), self.width, "  ", "  ")
        if verdict.not_understood:
            first, count = verdict.not_understood[0], len(verdict.not_understood)
            text = words.clean(first.text, 40)
            zh, en = f"未识别的内容 {count} 处：{first.cell}“{text}”", f"{count} not understood: {first.cell} “{text}”"
            yield from wrap(self.say(zh, en), self.width, "  ", "  ")

    def summary(self, tally: Tally) -> str:
        """All counts in a line or two."""
        s, f = tally.statuses, tally.severities
        if self.lang == "zh":
            return (
                f"共 {tally.files} 个文件，{tally.forms} 张表：通过 {s['pass']}，有提示 {s['notes']}，退回 {s['fail']}"
                f"，未能核验 {s['rejected']}"
                + (f"，程序出错 {s['internal_error']}" if s["internal_error"] else "")
                + "。\n"
                f"错误 {f['error']}，提醒 {f['warning']}，提示 {f['info']}。"
            )
        return (
            f"{_counted(tally.files, 'file')}, {_counted(tally.forms, 'form')}: {s['pass']} passed, "
            f"{s['notes']} with notes, {s['fail']} to be returned, {s['rejected']} not judged"
            + (f", {s['internal_error']} failed inside perfxl" if s["internal_error"] else "")
            + f".\n{_counted(f['error'], 'error')}, {_counted(f['warning'], 'warning')}, {_counted(f['info'], 'info')}."
        )


def _nowhere(found: Sequence[NotRun]) -> bool:
    return len(found) == 1 and found[0].cell is None and not found[0].field


def _counted(count: int, name: str) -> str:
    return f"{count} {name}" + ("" if count == 1 else "s")
