"""Definitions and project files: what ships loads, and a broken one says all that is wrong with it at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from decimal import Decimal
from pathlib import Path

import pytest

from perfxl.form import (
    BrokenDefinitionError,
    Form,
    Level2,
    Mistake,
    Parameters,
    UnknownFormError,
    form_ids,
    load_form,
    read_definition,
    template_text,
)
from perfxl.project import example, read_project

SHANGHAI = template_text("shanghai.toml")
each_form = pytest.mark.parametrize("form_id", form_ids())


def broken(text: str) -> tuple[Mistake, ...]:
    """All mistakes of a definition."""
    with pytest.raises(BrokenDefinitionError) as raised:
        read_definition(text, "本区.toml")
    assert raised.value.source == "本区.toml"
    return raised.value.mistakes


def with_changes(*changes: tuple[str, str], add: str = "", source: str = SHANGHAI) -> str:
    """The definition of Shanghai with some of its words exchanged, each of which must stand there."""
    for old, new in changes:
        assert old in source, old
        source = source.replace(old, new, 1)
    return source + add


def told(mistakes: Sequence[Mistake]) -> list[tuple[str, str, str]]:
    """Key, value and what may have been meant."""
    return [(mistake.key, mistake.value, mistake.hint) for mistake in mistakes]


# ---- what ships ------------------------------------------------------------------------------


@each_form
def test_every_shipped_definition_loads(form_id: str) -> None:
    form = load_form(form_id)
    assert form.id == form_id
    assert len(form.version) == 12
    assert form.year_line.format(year=2024) != form.year_line
    given = [weight for _, _, weight in form.groups]
    assert sum(given, form.execution_weight or Decimal(0)) == form.rules.total_weight


@each_form
def test_every_example_project_loads_and_adds_up(form_id: str) -> None:
    form = load_form(form_id)
    assignment = read_project(example(form), "示例.toml", form)
    assert assignment.form == form_id
    assert {row.level_1 for row in assignment.indicators} == {level for level, _, _ in form.groups}
    weights = [row.weight or Decimal(0) for row in assignment.indicators]
    assert sum(weights, form.execution_weight or Decimal(0)) == form.rules.total_weight
    assert all(row.target and row.target.number == 90 and row.target.unit == "%" for row in assignment.indicators)


def test_the_version_follows_the_text_and_not_the_place(tmp_path: Path) -> None:
    path = tmp_path / "本区.toml"
    path.write_text(SHANGHAI, encoding="utf-8")
    assert load_form(str(path)) == load_form("shanghai")
    assert read_definition(SHANGHAI + "\n", "本区.toml").version != load_form("shanghai").version


def test_a_file_saved_by_a_windows_editor_loads(tmp_path: Path) -> None:
    path = tmp_path / "本区.toml"
    path.write_text(SHANGHAI.replace("\n", "\r\n"), encoding="utf-8-sig", newline="")
    assert load_form(str(path)).title == "财政项目支出绩效自评表"


def test_an_unknown_form_names_those_there_are() -> None:
    with pytest.raises(UnknownFormError) as raised:
        load_form("shanghia")
    assert raised.value.known == form_ids()
    with pytest.raises(OSError, match=r"nowhere\.toml"):
        load_form("nowhere.toml")


def test_every_rule_parameter_may_be_overridden() -> None:
    """The defaults cover the parameters exactly, so that each of them can be named in [rules]."""
    form = load_form("shanghai")
    changed = read_definition(with_changes(add='\n[rules]\nrate_reason = "0.85"\ncopied_rows = 7\n'), "本区.toml")
    assert (changed.rules.rate_reason, changed.rules.copied_rows) == (Decimal("0.85"), 7)
    kept = {field.name for field in fields(Parameters)} - {"rate_reason", "copied_rows"}
    assert all(getattr(changed.rules, name) == getattr(form.rules, name) for name in kept)


# ---- broken definitions ----------------------------------------------------------------------


def test_all_mistakes_are_reported_at_once() -> None:
    """Eleven planted mistakes give eleven lines, each with key, value and what may be meant."""
    text = with_changes(
        ("goals]\nlabel", "goals]\nlable"),
        ('year_line = "（{year} 年度）"', 'year_line = "（年度）"'),
        ('currency_unit = "元"', 'currency_unit = "圆"'),
        ('denominator = "annual_budget"', 'denominator = "anual_budget"'),
        ('term = "executed_amount", label', 'term = "executed_amont", label'),
        ('label = "执行率", only = "total"', 'label = "执行率", only = "totl"'),
        ("round(sum(appropriation, carryover, other), 2)", "runde(sum(appropriation, carryover, other), 2)"),
        ("rows = 6 ", 'rows = "6" '),
        ('{ name = "产出指标", weight = 50', '{ name = "产出指标", weight = 50.5'),
        ('{ name = "满意度指标"', '{ name = "效益指标"'),
        add='\n[rules]\nbands = [["80", "良"], ["90", "优"], ["0", "差"]]\nrate_raeson = "0.9"\nscoring = "ration"\n',
    )
    found = {mistake.key: mistake for mistake in broken(text)}
    assert {key: (found[key].value, found[key].hint) for key in found if key in PLANTED} == PLANTED
    assert all(mistake.zh and mistake.en for mistake in found.values())
    for key, words in SAID.items():
        assert words in found[key].zh + found[key].en, key


PLANTED = {
    "goals.label": ("''", ""),
    "goals.lable": ("'年度\\n总体\\n目标'", "label"),
    "year_line": ("'（年度）'", ""),
    "currency_unit": ("'圆'", ""),
    "denominator": ("'anual_budget'", "annual_budget"),
    "funds.columns[2].term": ("'executed_amont'", "executed_amount"),
    "funds.columns[4].only": ("'totl'", "total"),
    "goals.rows": ("'6'", ""),
    "indicators.levels[0].weight": ("50.5", ""),
    "rules.bands": ("[['80', '良'], ['90', '优'], ['0', '差']]", ""),
    "rules.rate_raeson": ("'0.9'", "rate_reason"),
    "rules.scoring": ("'ration'", "ratio"),
}
SAID = {
    "goals.label": "缺少",
    "year_line": "{year}",
    "currency_unit": "元、万元",
    "funds.rows[0].down": "no function 'runde'",
    "indicators.levels": "效益指标",
    "goals.rows": "整数",
    "indicators.levels[0].weight": "数",
    "rules.bands": "从高到低",
}


@pytest.mark.parametrize(
    ("old", "new", "key", "value", "hint"),
    [
        ('title = "财政', 'titel = "财政', "titel", "'财政项目支出绩效自评表'", "title"),
        ("spare = 1", "spare = true", "indicators.spare", "True", ""),
        ("spare = 1", "spare = 61", "indicators.spare", "61", ""),
        ("height = 24", "height = 410", "goals.height", "410", ""),
        ("characters = 4000", "characters = 40000", "goals.characters", "40000", ""),
        ('block_width = "9"', 'block_width = "neun"', "block_width", "'neun'", ""),
        ('block_width = "9"', 'block_width = "nan"', "block_width", "'nan'", ""),
        ('{ term = "level_3"', '{ term = "level_4"', "indicators.columns[2].term", "'level_4'", "level_3"),
        ('term = "score", label = "得分", width', 'term = "weight", label = "得分", width', "indicators.columns", None, ""),
        ('{ term = "carryover"', '{ term = "other"', "funds.rows", None, ""),
        ('{ term = "total"', '{ term = "totle"', "funds.rows", None, ""),
        ('name = "数量指标", rows = 3', 'name = "数量指标", rows = 0', "indicators.levels[0].level_2[0].rows", "0", ""),
        ('name = "数量指标", rows', 'nam = "数量指标", rows', "indicators.levels[0].level_2[0].nam", "'数量指标'", "name"),
        ("executed_amount / annual_budget, ''))", "executed_amount / annual_budge, ''))", "funds.columns[4].across",
         None, "annual_budget"),
        ("executed_amount / annual_budget, ''))", "executed_amount / , ''))", "funds.columns[4].across", None, ""),
        ("sum(funds.weight, indicators.weight)", "sum(funds.weigth, indicators.weight)", "total.weight", None,
         "funds.weight"),
        ('term = "project_name"', 'term = "projekt_name"', "header.rows[0][0].term", "'projekt_name'", "project_name"),
        ('term = "implementing_unit", label', 'term = "implementing_unit", lable', "header.rows[1][1].lable",
         "'实施单位'", "label"),
        ('label = "填报人"', "label = 7", "sign_off[0].label", "7", ""),
        ('term = "preparer"', 'term = "date"', "sign_off", None, ""),
        ('term = "preparer"', 'term = "填报 人"', "sign_off[0].term", "'填报 人'", ""),
        ('term = "implementing_unit"', 'term = "project_name"', "header.rows", None, ""),
        ('currency_unit = "元"', 'currency_unit = ""', "currency_unit", "''", ""),
        ("（{year} 年度）", "（{year} 年度，{unit}）", "year_line", "'（{year} 年度，{unit}）'", ""),
    ],
)  # fmt: skip
def test_a_mistake_is_named_by_its_key(old: str, new: str, key: str, value: str | None, hint: str) -> None:
    found = [mistake for mistake in broken(with_changes((old, new))) if mistake.key == key]
    assert found, told(broken(with_changes((old, new))))
    assert any(mistake.hint == hint for mistake in found)
    assert value is None or any(mistake.value == value for mistake in found)


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("money_tolerence", '"0.01"', "money_tolerance"),
        ("satisfaction_minimum", '"60"', "satisfaction_min"),
        ("cost_requierd", "true", "cost_required"),
    ],
)
def test_a_misspelt_parameter_is_named(name: str, value: str, hint: str) -> None:
    (mistake,) = broken(with_changes(add=f"\n[rules]\n{name} = {value}\n"))
    assert (mistake.key, mistake.hint) == (f"rules.{name}", hint)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("money_tolerance", "0.01"),
        ("copied_rows", '"5"'),
        ("cost_required", '"yes"'),
        ("rate_names", '"率"'),
        ("bands", '"优"'),
        ("bands", "[]"),
        ("bands", '[["90"]]'),
        ("qualitative_words", '[["达成", "0.8"]]'),
        ("mixed_units", '["9000", "viel"]'),
        ("mixed_units", '["9000"]'),
    ],
)
def test_a_parameter_of_the_wrong_kind_is_named(name: str, value: str) -> None:
    assert {mistake.key for mistake in broken(with_changes(add=f"\n[rules]\n{name} = {value}\n"))} == {f"rules.{name}"}


def test_a_table_that_is_missing_is_named() -> None:
    text = SHANGHAI[: SHANGHAI.index("[total]")] + SHANGHAI[SHANGHAI.index("[[sign_off]]") :]
    assert "total" in {mistake.key for mistake in broken(text)}


def test_what_is_no_toml_is_one_mistake() -> None:
    (mistake,) = broken("id = \n")
    assert "TOML" in mistake.zh


@pytest.mark.parametrize("text", ["", "id = 1", "funds = []", "header = 3\nfunds = 3\ngoals = 3", "[rules]\nbands = 3"])
def test_a_definition_of_nothing_is_still_answered(text: str) -> None:
    assert len(broken(text)) > 3


def test_header_rows_that_are_no_tables_are_named() -> None:
    for wrong in ('"项目名称"', "[]", '["项目名称"]'):
        (mistake,) = broken(with_changes(('[{ term = "project_name", label = "项目名称" }]', wrong)))
        assert (mistake.key, mistake.en) == ("header.rows", "row 1 should be a list of tables")


# ---- project files ---------------------------------------------------------------------------


def wrong_project(text: str, form: Form) -> tuple[Mistake, ...]:
    with pytest.raises(BrokenDefinitionError) as raised:
        read_project(text, "A001.toml", form)
    assert raised.value.source == "A001.toml"
    return raised.value.mistakes


def test_all_mistakes_of_a_project_file_are_reported_at_once() -> None:
    form = load_form("shanghai")
    text = with_changes(
        ('project_name = "示例项目"', 'projekt_name = "示例项目"'),
        ('id = "A001"', "id = 1"),
        ("[funds.carryover]", "[funds.caryover]"),
        ('initial_budget = "1200000.00"', 'initial_budget = "一百二十万"'),
        ('level_1 = "满意度指标"', 'level_1 = "满意指标"'),
        ('level_3 = "示例数量完成率"', "level_3 = ''"),
        ('weight = "18"', "weight = -1"),
        source=example(form),
    )
    assert set(told(wrong_project(text, form))) >= {
        ("projekt_name", "'示例项目'", "project_name"),
        ("id", "1", ""),
        ("funds.caryover", "{'initial_budget': 0}", "carryover"),
        ("funds.appropriation.initial_budget", "'一百二十万'", ""),
        ("indicators[5].level_1", "'满意指标'", "满意度指标"),
        ("indicators[0].level_3", "''", ""),
        ("indicators[0].weight", "-1", ""),
    }


@pytest.mark.parametrize(
    ("old", "new", "key", "hint"),
    [
        ('weight = "18"', 'weight = "19"', "indicators.weight", ""),
        ('weight = "18"', 'wieght = "18"', "indicators[0].wieght", "weight"),
        ('weight = "18"', "weight = 18.5", "indicators[0].weight", ""),
        ('weight = "18"', 'weight = "nan"', "indicators[0].weight", ""),
        ("initial_budget = 0", "initial_buget = 0", "funds.carryover.initial_buget", "initial_budget"),
        ("initial_budget = 0", "initial_budget = true", "funds.carryover.initial_budget", ""),
        ('initial_budget = "1200000.00"', "initial_budget = 1200000.00", "funds.appropriation.initial_budget", ""),
        ("[funds.other]", "[funds.total]", "funds.total", ""),
        ('level_1 = "产出指标"', 'levle_1 = "产出指标"', "indicators[0].levle_1", "level_1"),
        ('target = "≥90%"', "target = 90", "indicators[0].target", ""),
    ],
)
def test_a_mistake_of_a_project_file_is_named_by_its_key(old: str, new: str, key: str, hint: str) -> None:
    form = load_form("shanghai")
    found = wrong_project(with_changes((old, new), source=example(form)), form)
    assert (key, hint) in {(mistake.key, mistake.hint) for mistake in found}, told(found)


@pytest.mark.parametrize(
    "text", ["funds = 3", "indicators = 3", "indicators = [3]", "[funds]\nappropriation = 5", "id = \n"]
)
def test_a_project_file_of_the_wrong_shape_is_answered(text: str) -> None:
    assert wrong_project(text, load_form("shanghai"))


def test_a_project_file_may_leave_weights_and_amounts_open() -> None:
    form = load_form("shanghai")
    text = '[[indicators]]\nlevel_1 = "产出指标"\nlevel_3 = "完成率"\n'
    assignment = read_project(text, "A001.toml", form)
    assert assignment.project_name is None
    assert [row.weight for row in assignment.indicators] == [None]
    amounts = read_project('[funds.other]\nannual_budget = "1,200,000.50"\n', "A001.toml", form)
    assert amounts.funds[-1].annual_budget == Decimal("1200000.50")


def test_levels_offer_the_rows_that_the_definition_says() -> None:
    level = load_form("shanghai").levels[0]
    assert level.level_2[0] == Level2(name="数量指标", rows=3)
