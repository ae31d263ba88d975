"""The same form as other hands would have typed it: moved, spread, merged otherwise, figures as text.

Everything is done to the ``Paper``, which carries the truth with it; a seed gives always the same surface.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import replace

from .paper import Box, Fixture, Paper

Change = Callable[[Paper, random.Random], None]
_CHINESE = re.compile(r"[\u4e00-\u9fff]{2,6}")
_FIGURE = re.compile(r"-?(?:[1-9]\d*|0|[1-9]\d{0,2}(?:,\d{3})+)(?:\.\d+)?%?", re.ASCII)


def _map(paper: Paper, change: Callable[[Box], Box]) -> None:
    paper.boxes = [change(box) for box in paper.boxes]


def _insert(paper: Paper, at: int, axis: str) -> None:
    """An empty row (or column) before number ``at``; what spans the place grows over it."""

    def moved(box: Box) -> Box:
        first, count = (box.row, box.rows) if axis == "row" else (box.column, box.columns)
        if first >= at:
            return replace(box, row=box.row + 1) if axis == "row" else replace(box, column=box.column + 1)
        if first + count > at:
            return replace(box, rows=box.rows + 1) if axis == "row" else replace(box, columns=box.columns + 1)
        return box

    _map(paper, moved)
    if axis == "row":
        paper.breaks = {each + 1 if each >= at else each for each in paper.breaks}


def shift(paper: Paper, rng: random.Random) -> None:
    """The whole form further down and to the right."""
    down, right = rng.randint(0, 4), rng.randint(0, 3)
    _map(paper, lambda box: replace(box, row=box.row + down, column=box.column + right))
    paper.breaks = {row + down for row in paper.breaks}


def blank_rows(paper: Paper, rng: random.Random) -> None:
    """Empty rows between the blocks and between indicators."""
    for _ in range(rng.randint(1, 3)):
        if paper.breaks:
            _insert(paper, rng.choice(sorted(paper.breaks)), "row")


def blank_column(paper: Paper, rng: random.Random) -> None:
    """An empty narrow column somewhere."""
    last = max(box.column + box.columns for box in paper.boxes)
    _insert(paper, rng.randint(2, last), "column")


def wider(paper: Paper, rng: random.Random) -> None:
    """A column drawn as two merged ones."""
    last = max(box.column + box.columns - 1 for box in paper.boxes)
    at = rng.randint(1, last)
    ends = [box for box in paper.boxes if box.column + box.columns - 1 == at]
    _insert(paper, at + 1, "column")
    grown = {id(box): box for box in ends}
    places = {(box.row, box.column) for box in grown.values()}
    _map(paper, lambda box: replace(box, columns=box.columns + 1) if (box.row, box.column) in places else box)


def taller(paper: Paper, rng: random.Random) -> None:
    """A row drawn as two merged ones."""
    last = max(box.row + box.rows - 1 for box in paper.boxes)
    at = rng.randint(1, last)
    places = {(box.row, box.column) for box in paper.boxes if box.row + box.rows - 1 == at}
    _insert(paper, at + 1, "row")
    _map(paper, lambda box: replace(box, rows=box.rows + 1) if (box.row, box.column) in places else box)


def unmerge_down(paper: Paper, rng: random.Random) -> None:
    """Vertical merges undone: the levels stand once, or on every row."""
    repeat = rng.random() < 0.5
    boxes: list[Box] = []
    for box in paper.boxes:
        if box.kind == "level" and box.rows > 1 and repeat and len(box.fields) == box.rows:
            boxes += [replace(box, rows=1, row=box.row + at, fields=(name,)) for at, name in enumerate(box.fields)]
        elif box.kind == "level":
            boxes.append(replace(box, rows=1))
        else:
            boxes.append(box)
    paper.boxes = boxes


def unmerge_all(paper: Paper, _: random.Random) -> None:
    """Every merge undone; what was merged stands in its first cell."""
    _map(paper, lambda box: replace(box, rows=1, columns=1))


def spread(paper: Paper, rng: random.Random) -> None:
    """Labels spread by spaces, broken into lines, with a colon or a blank behind them."""

    def change(box: Box) -> Box:
        if box.kind != "label" or not _CHINESE.fullmatch(box.text) or rng.random() < 0.5:
            return box
        how = rng.choice((" ", "\u3000", "\n", "  ", ":", "："))
        return replace(box, text=box.text + how if how in ":：" else how.join(box.text))

    _map(paper, change)


def width(paper: Paper, rng: random.Random) -> None:
    """Brackets, signs and colons in the other width."""
    pairs = ("()（）", ":：", "%％", "≥≥")
    narrow = rng.random() < 0.5
    table = {}
    for pair in pairs:
        half = len(pair) // 2
        for one, two in zip(pair[:half], pair[half:], strict=True):
            table[ord(two if narrow else one)] = one if narrow else two
    _map(paper, lambda box: replace(box, text=box.text.translate(table)) if box.kind in ("label", "title") else box)


def switch_storage(paper: Paper, rng: random.Random) -> None:
    """Figures as text, texts of figures as numbers, with thousands or without."""

    def change(box: Box) -> Box:
        if (
            box.kind not in ("value", "other")
            or not box.fields
            or not _FIGURE.fullmatch(box.text)
            or rng.random() < 0.6
        ):
            return box
        term = box.fields[0].rpartition(".")[2]
        if term in ("unit", "operator", "level_3", "serial", "core") or box.fields[0].startswith("sign_off"):
            return box
        if not box.as_number:
            return replace(box, as_number=True)
        how = rng.choice(("text", "wide", "space", "tail"))
        if how == "wide":
            return replace(box, as_number=False, text=box.text.translate({48 + n: 0xFF10 + n for n in range(10)}))
        if how == "space":
            return replace(box, as_number=False, text=f" {box.text} ")
        if how == "tail" and "%" not in box.text and "." in box.text and "," not in box.text and term in _ROUND:
            return replace(box, as_number=False, text=box.text + "0")
        return replace(box, as_number=False)

    _map(paper, change)


_ROUND = frozenset({"weight", "score", "total_score", "total_weight", "deduction"})


def rename(paper: Paper, rng: random.Random) -> None:
    """Any name of the sheet."""
    paper.name = rng.choice(("Sheet1", "Sheet3", "表三", "自评 (2)", "2023年自评表", "附件1-2", "绩效"))


def notes(paper: Paper, _: random.Random) -> None:
    """Instructions under the form, which speak of its labels."""
    last = max(box.row + box.rows for box in paper.boxes)
    left = min(box.column for box in paper.boxes)
    right = max(box.column + box.columns for box in paper.boxes)
    texts = (
        "填报说明：",
        "1.项目名称、主管部门应与预算批复一致；年初预算数、全年预算数按批复填写。",
        "2.定量指标完成年度指标值的得满分，未完成的按比例计分；得分低于分值的应说明偏差原因及改进措施。",
    )
    for at, text in enumerate(texts):
        paper.boxes.append(
            Box(text=text, columns=right - left, kind="note", row=last + at, column=left, form=paper.boxes[0].form)
        )


CHANGES: tuple[tuple[float, Change], ...] = (
    (0.2, unmerge_down),
    (0.12, unmerge_all),
    (0.4, spread),
    (0.4, width),
    (0.4, switch_storage),
    (0.35, notes),
    (0.3, wider),
    (0.2, taller),
    (0.35, blank_rows),
    (0.15, blank_column),
    (0.5, shift),
    (0.5, rename),
)


def cover(name: str) -> Paper:
    """A sheet that is no form but speaks like one."""
    paper = Paper(name)
    texts = (
        "绩效自评材料",
        "填报单位：",
        "一、项目名称与主管部门按预算批复填写。",
        "二、三级指标、年度指标值不得修改。",
        "联系电话：010-55500000",
    )
    for row, text in enumerate(texts, 2):
        paper.boxes.append(Box(text=text, kind="note", row=row, column=2))
    return paper


def perturb(fixture: Fixture, seed: int) -> Fixture:
    """The fixture with another surface; seed 0 leaves it as it is."""
    if seed == 0:
        return fixture
    rng = random.Random(f"{fixture.name}:{seed}")
    paper = replace(
        fixture.paper, boxes=list(fixture.paper.boxes), breaks=set(fixture.paper.breaks), name=fixture.paper.name
    )
    for chance, change in CHANGES:
        if rng.random() < chance:
            change(paper, rng)
    before = (*fixture.before, cover("封面")) if rng.random() < 0.3 else fixture.before
    after = (*fixture.after, Paper("Sheet9")) if rng.random() < 0.2 else fixture.after
    return replace(fixture, paper=paper, before=before, after=after)
