"""The nouns of a campaign: whom the department asks, and for what.

The campaign's id and settings stand in ``perfxl.toml`` of its folder, its key in a file beside it.
"""

from __future__ import annotations

import datetime

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


@noun
class Plan:
    """下发计划: everything that a campaign issues, read from the roster. ``form`` is a form's id,
    ``due`` the day by which the forms should be back, or ``None``."""

    form: str
    fiscal_year: int
    supervising_department: str | None = None
    due: datetime.date | None = None
    units: tuple[Unit, ...] = ()
    tasks: tuple[Task, ...] = ()

    def unit(self, code: str) -> Unit | None:
        """The unit of that code, or ``None``."""
        for unit in self.units:
            if unit.code == code:
                return unit
        return None

    def tasks_of(self, code: str) -> tuple[Task, ...]:
        """The tasks of a unit, in the order of the roster."""
        return tuple(task for task in self.tasks if task.unit == code)
