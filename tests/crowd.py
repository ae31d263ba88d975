"""Many verdicts with their drawings, made of those on the samples: no two forms share a text of their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import perfxl
from perfxl.finding import Verdict

SAMPLES = Path(__file__).parent.parent / "samples"


def verdicts(count: int) -> Iterator[Verdict]:
    """So many verdicts; texts of more than six characters and amounts differ from form to form."""
    originals = list(perfxl.check([SAMPLES], drawings=True))
    for number in range(count):
        yield varied(originals[number % len(originals)], number)


def varied(verdict: Verdict, number: int) -> Verdict:
    """The verdict of another unit on another project, with its texts and amounts."""

    def text(words: str) -> str:
        turn = number % max(len(words), 1)
        return words[turn:] + words[:turn] + f"{number:04}" if len(words) > 6 else words

    record, drawing = verdict.record, verdict.drawing
    assert record is not None
    assert drawing is not None
    funds = tuple(
        replace(line, executed_amount=line.executed_amount and line.executed_amount + number) for line in record.funds
    )
    total = None if record.total_score is None else max(record.total_score - Decimal(number % 37), Decimal(0))
    named = replace(
        record, project_name=f"{record.project_name}{number:04}", implementing_unit=f"第{number % 120 + 1}街道办事处",
        funds=funds, total_score=total,
    )  # fmt: skip
    filled = tuple((row, column, text(words)) for row, column, words in drawing.filled)
    return replace(
        verdict, file=f"returns/{number % 120:03}/{number:05}.xlsx", record=named,
        drawing=replace(drawing, filled=filled),
    )  # fmt: skip
