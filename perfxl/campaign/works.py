"""The workbooks that a plan asks for: which tasks each holds and what its file is called.

Each is made when it is asked for, so that ten thousand of them take no room.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import overload

from ..form import Form
from ..noun import noun
from ..template import edition
from .naming import collisions, safe_name
from .plan import Plan, Task, Unit
from .settings import ISSUED, Campaign
from .trouble import CampaignError


@noun
class Work:
    """One workbook to be: for which unit and tasks, and where, relative to the campaign folder.
    ``source`` is the digest of everything that decides its bytes."""

    unit: Unit
    tasks: tuple[Task, ...]
    file: str
    source: str


class Works(Sequence[Work]):
    """The workbooks of a plan, unit by unit, by project or by unit as the campaign has it."""

    def __init__(self, campaign: Campaign, form: Form, plan: Plan, numbers: array[int] | None = None) -> None:
        self._campaign, self._form, self._plan = campaign, form, plan
        self._numbers = numbers if numbers is not None else self._every()
        self._last: tuple[int, Work] | None = None
        self._folders: dict[str, str] = {}

    def _every(self) -> array[int]:
        """The numbers of tasks, or of units that have any."""
        plan = self._plan
        if self._campaign.per == "project":
            return array("L", (number for unit in plan.units for number in plan.numbers_of(unit.code)))
        return array("L", (at for at, unit in enumerate(plan.units) if plan.numbers_of(unit.code)))

    def some(self, chosen: Iterable[int]) -> Works:
        """Those of these places alone."""
        numbers = array("L", (self._numbers[at] for at in chosen))
        return Works(self._campaign, self._form, self._plan, numbers)

    def of_units(self, codes: set[str]) -> Works:
        """Those of these units alone."""
        return self.some(at for at in range(len(self)) if self._unit(at).code in codes)

    def file(self, at: int) -> str:
        """Where a workbook lies, relative to the campaign folder."""
        if self._campaign.per == "unit":
            folder = self._folder(self._plan.units[self._numbers[at]])
            return f"{ISSUED}/{folder}/{folder}.xlsx"
        label = self._plan.label(self._numbers[at])
        unit = self._plan.unit(label.unit)
        assert unit is not None
        return f"{ISSUED}/{self._folder(unit)}/{safe_name(f'{label.id}_{label.project}')}.xlsx"

    def _folder(self, unit: Unit) -> str:
        name = self._folders.get(unit.code)
        if name is None:
            name = self._folders[unit.code] = safe_name(f"{unit.code}_{unit.name}")
        return name

    def files(self) -> Iterator[str]:
        """Where all of them lie."""
        return map(self.file, range(len(self)))

    def folders(self) -> list[str]:
        """The folders of the units that have any."""
        units = (unit for unit in self._plan.units if self._plan.numbers_of(unit.code))
        return [f"{ISSUED}/{self._folder(unit)}" for unit in units]

    def _unit(self, at: int) -> Unit:
        number, plan = self._numbers[at], self._plan
        if self._campaign.per == "unit":
            return plan.units[number]
        unit = plan.unit(plan.label(number).unit)
        assert unit is not None
        return unit

    def _make(self, at: int) -> Work:
        if self._last is not None and self._last[0] == at:  # asked for by whoever makes it, and by whoever places it
            return self._last[1]
        unit, number = self._unit(at), self._numbers[at]
        per_project = self._campaign.per == "project"
        tasks = (self._plan.tasks[number],) if per_project else self._plan.tasks_of(unit.code)
        work = Work(unit=unit, tasks=tasks, file=self.file(at), source=self._source(unit, tasks))
        self._last = (at, work)
        return work

    def _source(self, unit: Unit, tasks: Sequence[Task]) -> str:
        campaign = self._campaign
        year = repr(campaign.fiscal_year)
        parts = (edition(self._form), campaign.id, campaign.password, unit.code, year, repr(tuple(tasks)))
        return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, at: int) -> Work: ...
    @overload
    def __getitem__(self, at: slice) -> list[Work]: ...
    def __getitem__(self, at: int | slice) -> Work | list[Work]:
        if isinstance(at, slice):
            return [self._make(each) for each in range(*at.indices(len(self)))]
        return self._make(range(len(self))[at])


def works_of(campaign: Campaign, form: Form, plan: Plan) -> Works:
    """The workbooks of a plan. Raises ``CampaignError`` where two would have one name."""
    works = Works(campaign, form, plan)
    clash = collisions(works.folders) or collisions(works.files)
    if clash:
        one, two = clash[0]
        raise CampaignError(
            "NAME_COLLISION",
            f"{one} 与 {two} 在磁盘上是同一个名字，什么也没有生成。请在花名册里改其中一个的代码或编号。",
            f"{one} and {two} are one name to a disk; nothing was made. Change one of their codes in the roster.",
            1,
        )
    return works
