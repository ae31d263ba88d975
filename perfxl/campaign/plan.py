"""The nouns of a campaign: whom the department asks, and for what.

The campaign's id and settings stand in ``perfxl.toml`` of its folder, its key in a file beside it.
"""

from __future__ import annotations

import datetime
from abc import abstractmethod
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from ..noun import noun
from ..record import Assignment


@noun
class Contact:
    """联系人: the person of a unit who gets the forms. ``address`` is a mail address."""

    name: str
    address: str


@noun
class Unit:
    """单位: ``code`` is the officer's own key of it, unique in the campaign; ``name`` is printed on the form."""

    code: str
    name: str
    contacts: tuple[Contact, ...] = ()


@noun
class Task:
    """下发任务: one project of one unit. ``unit`` is the unit's code; ``assignment.id`` is unique in the campaign."""

    unit: str
    assignment: Assignment


class Label(NamedTuple):
    """What a task is called: the unit's code, the assignment's id, the name of the project (or ``""``)."""

    unit: str
    id: str
    project: str


class MadeTasks(Sequence[Task]):
    """Tasks that are made when they are asked for, and that can be named without being made."""

    @abstractmethod
    def owner(self, number: int) -> str:
        """The code of the unit of the task of that number."""

    @abstractmethod
    def label(self, number: int) -> Label:
        """What it is called."""


@dataclass(frozen=True, kw_only=True)  # no noun: those have no room for what is looked up again and again
class Plan:
    """下发计划: everything that a campaign issues, read from the roster. ``form`` is a form's id,
    ``due`` the day by which the forms should be back, or ``None``. ``tasks`` are numbered from 0, in the
    order of the roster; they may be made as they are asked for, each time anew."""

    form: str
    fiscal_year: int
    supervising_department: str | None = None
    due: datetime.date | None = None
    units: tuple[Unit, ...] = ()
    tasks: Sequence[Task] = ()

    def unit(self, code: str) -> Unit | None:
        """The unit of that code, or ``None``."""
        return self._units.get(code)

    def tasks_of(self, code: str) -> tuple[Task, ...]:
        """The tasks of a unit, in the order of the roster."""
        return tuple(self.tasks[number] for number in self.numbers_of(code))

    def numbers_of(self, code: str) -> Sequence[int]:
        """The numbers of a unit's tasks, in order."""
        return self._numbers.get(code, ())

    def label(self, number: int) -> Label:
        """What the task of that number is called."""
        tasks = self.tasks
        if isinstance(tasks, MadeTasks):
            return tasks.label(number)
        task = tasks[number]
        return Label(task.unit, task.assignment.id, task.assignment.project_name or "")

    def labels(self) -> Iterator[Label]:
        """What the tasks are called, in order; none of them is made for it."""
        return map(self.label, range(len(self.tasks)))

    def labels_of(self, code: str) -> list[Label]:
        """What the tasks of a unit are called."""
        return [self.label(number) for number in self.numbers_of(code)]

    @cached_property
    def _units(self) -> dict[str, Unit]:
        return {unit.code: unit for unit in reversed(self.units)}

    @cached_property
    def _numbers(self) -> dict[str, array[int]]:
        tasks, found = self.tasks, dict[str, "array[int]"]()
        owners = map(tasks.owner, range(len(tasks))) if isinstance(tasks, MadeTasks) else (task.unit for task in tasks)
        for number, code in enumerate(owners):
            found.setdefault(code, array("L")).append(number)
        return found
