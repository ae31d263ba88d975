"""What ``generate`` did, counted while it is done, and said at the end."""

from __future__ import annotations

import time
from collections import Counter
from typing import NamedTuple

import click

from ..campaign.issue import WRITTEN, Outcome
from .speech import Speech

_SHOWN = 20


class _Wrong(NamedTuple):
    """A workbook that was not written."""

    file: str
    zh: str
    en: str


class Tally:
    """Outcomes by state, of so many workbooks in all; those that went wrong by name."""

    def __init__(self, total: int) -> None:
        self.total, self.done = total, 0
        self.wrong: list[_Wrong] = []
        self._began = time.monotonic()
        self._states = Counter[str]()
        self._units = set[str]()
        self._blank = 0

    def add(self, outcome: Outcome) -> None:
        """Count an outcome."""
        self.done += 1
        self._states[outcome.state] += 1
        self._units.add(outcome.work.unit.code)
        self._blank += sum(not task.assignment.indicators for task in outcome.work.tasks)
        if outcome.state in ("theirs", "failed"):
            self.wrong.append(_Wrong(outcome.work.file, outcome.zh, outcome.en))

    def say(self, say: Speech) -> None:
        """Say it."""
        states, units, seconds = self._states, len(self._units), time.monotonic() - self._began
        written = sum(states[state] for state in WRITTEN)
        rate = f"{written / seconds:.0f}" if seconds > 0 and written else "0"
        new = states["new"] + states["adopted"]
        click.echo(
            say(
                f"{units} 个单位，{self.total} 个文件：新生成 {new}，更新 {states['changed']}，"
                f"未变 {states['unchanged']}（{seconds:.1f} 秒，{rate} 个/秒）",
                f"{units} units, {self.total} workbooks: {new} new, {states['changed']} renewed, "
                f"{states['unchanged']} unchanged ({seconds:.1f} s, {rate}/s)",
            )
        )
        if self._blank:
            click.echo(
                say(
                    f"其中 {self._blank} 个项目没有下发指标，由单位自己填。",
                    f"{self._blank} of the projects have no indicators in the roster; their units fill them in.",
                )
            )
        for wrong in self.wrong[:_SHOWN]:
            click.echo(f"  {wrong.file}  {say(wrong.zh, wrong.en)}", err=True)
        if len(self.wrong) > _SHOWN:
            left = len(self.wrong) - _SHOWN
            click.echo(say(f"  …另有 {left} 个", f"  … and {left} more"), err=True)
