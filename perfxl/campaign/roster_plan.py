"""The rows of the roster to a ``Plan``, with everything that does not fit together."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import cast

from ..form import Form, near
from ..number import neat, places_of, read_target, squeeze
from ..record import Assignment, FundingLine, Indicator
from . import roster
from .address import BadAddressError, checked, shared
from .plan import Contact, Plan, Task, Unit
from .roster import RosterError, RosterMistake, Row, Rows
from .roster_layout import ISSUED_MONEY, PROJECTS, UNITS, amount_term
from .settings import ROSTER, Campaign

_OPERATORS = ("≥", "≤", "=", ">", "<", "定性")


def read_plan(campaign: Campaign, form: Form) -> Plan:
    """The plan that the roster of a campaign describes.

    Raises ``RosterError`` with every mistake, ``CampaignError`` where the roster cannot be read.
    """
    path = campaign.folder / ROSTER
    (units, projects, indicators), mistakes = roster.read_rows(path, form)
    reading = _Reading(campaign, form, mistakes)
    found = reading.units(units)
    tasks = reading.tasks(projects, indicators, found)
    if not projects.rows and not mistakes:
        reading.note(projects, None, "project", "没有填任何项目", "no project is filled in")
    if mistakes:
        raise RosterError(path, roster.sort_mistakes(mistakes, form))
    return Plan(
        form=form.id,
        fiscal_year=campaign.fiscal_year,
        supervising_department=campaign.supervising_department,
        due=campaign.due,
        units=tuple(found.values()),
        tasks=tuple(tasks),
    )


def _key(text: str) -> str:
    """How two codes are compared: width and letter case make no difference."""
    return squeeze(text).casefold()


class _Reading:
    """One roster while it is put together; what is wrong with it goes to ``mistakes``."""

    def __init__(self, campaign: Campaign, form: Form, mistakes: list[RosterMistake]) -> None:
        self.campaign, self.form, self.mistakes = campaign, form, mistakes
        self.unread = {(each.sheet, each.cell) for each in mistakes}

    def note(self, rows: Rows, row: Row | None, term: str, zh: str, en: str) -> None:
        cell = rows.cell(row, term) if row is not None else "A1"
        if (rows.table.sheet, cell) not in self.unread:  # what was not read there has been said
            self.mistakes.append(RosterMistake(rows.table.sheet, cell, zh, en))

    # ---- 单位 ----

    def units(self, rows: Rows) -> dict[str, Unit]:
        """The units by the key of their code; further rows of a code add contacts."""
        names: dict[str, tuple[str, str]] = {}
        contacts: dict[str, list[Contact]] = {}
        rows_of: dict[str, Row] = {}
        for row in rows.rows:
            code, name = _texts(row, "unit", "name")
            if not code:
                continue
            key = _key(code)
            known = names.get(key)
            if known is None:
                names[key], rows_of[key] = (code, name), row
                if not name:
                    self.note(rows, row, "name", "没有填“单位名称”", f"the unit {code} has no name")
            elif name and name != known[1]:
                self.note(
                    rows, row, "unit",
                    f"单位代码 {code} 已是“{known[1]}”的（第 {rows_of[key].number} 行）；一个代码只给一个单位",
                    f"the code {code} is that of {known[1]!r} already (row {rows_of[key].number}); one code, one unit",
                )  # fmt: skip
            self._contact(rows, row, contacts.setdefault(key, []))
        self._doubled_names(rows, names, rows_of)
        found = {key: Unit(code=code, name=name, contacts=tuple(contacts[key])) for key, (code, name) in names.items()}
        if not self.campaign.allow_shared_addresses:
            self._shared(rows, found)
        return found

    def _doubled_names(self, rows: Rows, names: Mapping[str, tuple[str, str]], rows_of: Mapping[str, Row]) -> None:
        seen: dict[str, str] = {}
        for key, (_, name) in names.items():
            other = seen.setdefault(squeeze(name), key)
            if name and other != key:
                self.note(
                    rows, rows_of[key], "name",
                    f"“{name}”在第 {rows_of[other].number} 行已有，代码不同；请合并，或把名称写全",
                    f"{name!r} stands in row {rows_of[other].number} under another code; join them or tell them apart",
                )  # fmt: skip

    def _contact(self, rows: Rows, row: Row, contacts: list[Contact]) -> None:
        name, address = _texts(row, "contact", "address")
        if not address:
            return
        try:
            address = checked(address)
        except BadAddressError as error:
            self.note(
                rows, row, "address",
                f"邮箱“{address}”{error.zh}；一格只填一个地址，用半角符号",
                f"the address {address!r} {error.en}; one address a cell",
            )  # fmt: skip
            return
        if address.lower() in {each.address.lower() for each in contacts}:
            self.note(rows, row, "address", f"同一单位的邮箱 {address} 重复", f"the unit has {address} twice")
            return
        contacts.append(Contact(name=name, address=address))

    def _shared(self, rows: Rows, units: Mapping[str, Unit]) -> None:
        owners = shared({key: [each.address for each in unit.contacts] for key, unit in units.items()})
        for row in rows.rows:
            code, address = _texts(row, "unit", "address")
            keys = owners.get(address.lower(), []) if address else []
            if len(keys) > 1 and keys[0] != _key(code):
                first = units[keys[0]]
                self.note(
                    rows, row, "address",
                    f"邮箱 {address} 也是“{first.name}”的，一家的表会发给另一家；请改正，"
                    "或在 perfxl.toml 设 allow_shared_addresses = true",
                    f"{address} is also that of {first.name!r}: one unit would get the forms of another. Mend it, "
                    "or set allow_shared_addresses = true in perfxl.toml",
                )  # fmt: skip

    # ---- 项目 and 指标 ----

    def tasks(self, projects: Rows, indicators: Rows, units: Mapping[str, Unit]) -> list[Task]:
        """The tasks in the order of 项目."""
        rows_of: dict[str, list[Row]] = {}
        for row in indicators.rows:
            if row.values.get("project"):
                rows_of.setdefault(_key(str(row.values["project"])), []).append(row)
        tasks: list[Task] = []
        ids: dict[str, Row] = {}
        names: dict[tuple[str, str], Row] = {}
        for row in projects.rows:
            project, code, name = _texts(row, "project", "unit", "project_name")
            self._doubled(projects, row, project, code, name, ids, names)
            unit = units.get(_key(code)) if code else None
            if code and unit is None:
                hint = near(code, [each.code for each in units.values()])
                self.note(
                    projects, row, "unit",
                    f"“{UNITS}”里没有代码 {code}" + (f"（是不是 {hint}？）" if hint else "") + "；请补上或改正",
                    f"no unit has the code {code}" + (f" (did you mean {hint}?)" if hint else "")
                    + "; add the unit or mend the code",
                )  # fmt: skip
            own = rows_of.get(_key(project), []) if project else []
            assignment = self._assignment(projects, row, unit, indicators, own)
            tasks.append(Task(unit=unit.code if unit else "", assignment=assignment))
        self._strangers(indicators, rows_of, ids)
        return tasks

    def _doubled(
        self, rows: Rows, row: Row, project: str, code: str, name: str,
        ids: dict[str, Row], names: dict[tuple[str, str], Row],
    ) -> None:  # fmt: skip
        first = ids.setdefault(_key(project), row) if project else row
        if first is not row:
            self.note(
                rows, row, "project",
                f"项目编号 {project} 与第 {first.number} 行重复；每个项目一个编号",
                f"the project id {project} stands in row {first.number} already; each project has its own",
            )  # fmt: skip
        same = names.setdefault((_key(code), squeeze(name)), row) if code and name else row
        if same is not row:
            self.note(
                rows, row, "project_name",
                f"单位 {code} 的项目“{name}”与第 {same.number} 行重复；请删去一行，或把名称写得不同",
                f"the unit {code} has a project {name!r} in row {same.number} already; delete one or tell them apart",
            )  # fmt: skip

    def _strangers(self, rows: Rows, rows_of: Mapping[str, list[Row]], ids: Mapping[str, Row]) -> None:
        """Indicators of projects that are not there; said once a project."""
        for key, own in rows_of.items():
            if key not in ids:
                project = str(own[0].values["project"])
                hint = near(key, ids)
                self.note(
                    rows, own[0], "project",
                    f"“{PROJECTS}”里没有编号 {project}" + (f"（是不是 {hint.upper()}？）" if hint else "")
                    + f"；这个编号的指标共 {len(own)} 行",
                    f"no project has the id {project}" + (f" (did you mean {hint.upper()}?)" if hint else "")
                    + f"; {len(own)} row(s) have it",
                )  # fmt: skip

    def _assignment(self, rows: Rows, row: Row, unit: Unit | None, indicators: Rows, own: list[Row]) -> Assignment:
        goal = row.values.get("expected_goal")
        if isinstance(goal, str) and len(goal) > self.form.goal_characters:
            most = self.form.goal_characters
            self.note(
                rows, row, "expected_goal", f"长于 {most} 字；请缩短", f"is longer than {most} characters; shorten it"
            )
        return Assignment(
            id=str(row.values.get("project", "")),
            form=self.form.id,
            fiscal_year=self.campaign.fiscal_year,
            project_name=_text(row, "project_name"),
            supervising_department=_text(row, "supervising_department") or self.campaign.supervising_department,
            implementing_unit=unit.name if unit else None,
            funds=self._funds(rows, row),
            expected_goal=_text(row, "expected_goal"),
            indicators=self._indicators(indicators, own),
        )

    def _funds(self, rows: Rows, row: Row) -> tuple[FundingLine, ...]:
        found = []
        places = {column.term: column.places for column in self.form.money_columns}
        for line in self.form.fund_rows:
            amounts = {}
            for column in ISSUED_MONEY:
                term = amount_term(line.term, column)
                value = row.values.get(term)
                if not isinstance(value, Decimal):
                    continue
                amounts[column] = value
                if places_of(value) > places.get(column, 2):
                    most = places.get(column, 2)
                    self.note(
                        rows, row, term,
                        f"{neat(value)} 的小数多于 {most} 位；请四舍五入",
                        f"{neat(value)} has more than {most} decimals; round it",
                    )  # fmt: skip
            if amounts:
                found.append(
                    FundingLine(
                        source=line.term,
                        initial_budget=amounts.get("initial_budget"),
                        annual_budget=amounts.get("annual_budget"),
                    )
                )
        return tuple(found)

    def _indicators(self, rows: Rows, own: list[Row]) -> tuple[Indicator, ...]:
        found = tuple(self._indicator(rows, row) for row in own)
        weighted = [row for row in own if isinstance(row.values.get("weight"), Decimal)]
        if weighted and len(weighted) < len(own):
            for row in own:
                if row not in weighted:
                    self.note(
                        rows, row, "weight",
                        "没有填分值，而同一项目的其他指标有；请补上，或都不填",
                        "has no weight, but others of the project have; fill it in, or leave all of them blank",
                    )  # fmt: skip
        elif weighted:
            self._weights(rows, own)
        return found

    def _weights(self, rows: Rows, own: list[Row]) -> None:
        weights = [cast(Decimal, row.values["weight"]) for row in own]
        execution, wanted = self.form.execution_weight or Decimal(0), self.form.rules.total_weight
        total = sum(weights, execution)
        if total != wanted:
            project = own[0].values["project"]
            self.note(
                rows, own[0], "weight",
                f"项目 {project} 的分值合计 {neat(total)}（含预算执行率 {neat(execution)}），应为 {neat(wanted)}；"
                f"请改第 {own[0].number} 至 {own[-1].number} 行",
                f"the weights of {project} add up to {neat(total)} (with {neat(execution)} of the execution rate) "
                f"and should to {neat(wanted)}; see rows {own[0].number} to {own[-1].number}",
            )  # fmt: skip

    def _indicator(self, rows: Rows, row: Row) -> Indicator:
        levels = tuple(level.name for level in self.form.levels)
        level_1, operator = _text(row, "level_1"), _text(row, "operator")
        if level_1 and levels and level_1 not in levels:
            hint = near(level_1, levels) or "、".join(levels)
            self.note(
                rows, row, "level_1",
                f"“{level_1}”不是本表的一级指标；是不是 {hint}？",
                f"{level_1!r} is no first level of this form; did you mean {hint}?",
            )  # fmt: skip
        if operator and operator not in _OPERATORS:
            self.note(
                rows, row, "operator",
                f"“{operator}”应为 {' '.join(_OPERATORS)} 之一",
                f"{operator!r} should be one of {' '.join(_OPERATORS)}",
            )  # fmt: skip
        unit = _text(row, "unit_of_measure")
        target = "".join(filter(None, (operator, _text(row, "target"), unit)))
        weight = row.values.get("weight")
        return Indicator(
            level_1=level_1,
            level_2=_text(row, "level_2"),
            level_3=_text(row, "level_3"),
            operator=operator,
            unit=unit,
            target=read_target(target) if target else None,
            weight=weight if isinstance(weight, Decimal) else None,
            core=_text(row, "core"),
        )


def _text(row: Row, term: str) -> str | None:
    value = row.values.get(term)
    return None if value is None else str(value)


def _texts(row: Row, *terms: str) -> tuple[str, ...]:
    return tuple(str(row.values.get(term) or "") for term in terms)
