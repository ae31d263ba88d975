"""L1 Shanghai, L2 after the Ministry's pattern, L7 to L9 Anhui and Hefei: the nine-column forms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from .content import CARE, LIBRARY, LIGHTS, RIVER, WATER, Project
from .paper import Box, Fixture, Paper, Planted, blank, label, note, table, title, value

USUAL = (
    ("level_1", 1),
    ("level_2", 1),
    ("level_3", 1),
    ("target", 1),
    ("actual", 1),
    ("weight", 1),
    ("score", 1),
    ("variance_explanation", 1),
)
HEADS = {
    "level_1": "一级指标",
    "level_2": "二级指标",
    "level_3": "三级指标",
    "target": "年度指标值",
    "actual": "实际完成值",
    "weight": "分值",
    "score": "得分",
    "variance_explanation": "偏差原因分析及改进措施",
}


def heads(columns: Sequence[tuple[str, int]], words: dict[str, str] | None = None, rows: int = 1) -> list[Box]:
    """The heading of a table of indicators."""
    named = {**HEADS, **(words or {})}
    return [label(named[term], width, rows) for term, width in columns]


def in_yuan(project: Project) -> Project:
    """The same project with its amounts in 元, written as the systems do."""
    funds = {}
    for source, texts in project.funds.items():
        amounts = tuple(f"{Decimal(text) * 10000:.2f}" for text in texts[:3])
        if source == "total":
            amounts = (*amounts[:2], f"{Decimal(amounts[2]):,}")
        funds[source] = (*amounts, *texts[3:])
    return replace(project, funds=funds)


def figures(paper: Paper, project: Project, source: str, words: Box, widths: Sequence[int], dash: str = "") -> None:
    """A fund line: 年初, 全年, 执行, 分值, 执行率, 得分; a part has no more than its amounts."""
    found = project.fund(source)
    items = [words]
    for term, width in zip(("initial_budget", "annual_budget", "executed_amount"), widths, strict=False):
        items.append(value(f"funds.{source}.{term}", found[term], width))
    for term, width in zip(("weight", "execution_rate", "score"), widths[3:], strict=True):
        text = found.get(term, dash if term == "weight" else "")
        items.append(value(f"funds.{source}.{term}", text, width))
    paper.line(*items)


def shanghai() -> Fixture:
    project = in_yuan(LIGHTS)
    paper = Paper("Sheet1", currency_unit="元")
    paper.line(title("财政项目支出绩效自评表", 9))
    paper.line(title("(2022 年度)", 9, year=True))
    _head(paper, project)
    paper.gap()
    paper.line(
        label("项目资金\n(元)", 1, 5),
        blank(2),
        *map(label, ("年初预算数", "全年预算数", "全年执行数", "分值", "执行率", "得分")),
    )
    for source, words in (
        ("total", "年度资金总额"),
        ("appropriation", "其中：当年财政拨款"),
        ("carryover", "上年结转资金"),
        ("other", "其他资金"),
    ):
        figures(paper, project, source, label(words, 2), (1,) * 6, "—")
    goals(paper, project, (1, 4, 4), "年度总体目标")
    paper.gap()
    rows = project.glued()
    paper.line(label("绩效指标", 1, len(rows) + 1), *heads(USUAL))
    table(paper, USUAL, rows)
    paper.line(label("总分", 6), value("total_weight", "100"), value("total_score", project.total_score), blank())
    return Fixture("shanghai", "L1", paper, LIGHTS.faults, "shanghai")


def _head(paper: Paper, project: Project, *, width: int = 9) -> None:
    paper.line(label("项目名称"), value("project_name", project.project_name, width - 1))
    paper.line(
        label("主管部门"),
        value("supervising_department", project.supervising_department, 3),
        label("实施单位"),
        value("implementing_unit", project.implementing_unit, width - 5),
    )


def goals(
    paper: Paper,
    project: Project,
    widths: tuple[int, int, int],
    block: str,
    words: tuple[str, str] = ("预期目标", "实际完成情况"),
) -> None:
    """年度总体目标: two labels, two texts under them."""
    paper.gap()
    paper.line(label(block, widths[0], 2), label(words[0], widths[1]), label(words[1], widths[2]))
    paper.line(
        value("expected_goal", project.expected_goal, widths[1]),
        value("actual_result", project.actual_result, widths[2]),
    )


FUNDS = (
    ("total", "年度资金总额"),
    ("appropriation", "其中：本年财政拨款"),
    ("carryover", "上年结转资金"),
    ("other", "其他资金"),
)


def mof(*, weights_in_labels: bool, name: str) -> Fixture:
    """万元; rows of the pattern that nobody used stay in (指标1 …)."""
    project = CARE if weights_in_labels else WATER
    paper = Paper("项目支出绩效自评表")
    paper.line(title("附件1", 11))
    paper.line(title("项目支出绩效自评表", 11))
    paper.line(title(f"（{project.year}年度）", 11, year=True))
    paper.line(label("项目名称"), value("project_name", project.project_name, 10))
    paper.line(
        label("主管部门"),
        value("supervising_department", project.supervising_department, 4),
        label("实施单位", 2),
        value("implementing_unit", project.implementing_unit, 4),
    )
    paper.gap()
    widths = (1, 2, 1, 1, 2, 1)
    words = ("年初预算数", "全年预算数", "全年执行数", "分值", "执行率", "得分")
    paper.line(
        label("项目资金\n（万元）", 1, 5),
        blank(2),
        *(label(word, width) for word, width in zip(words, widths, strict=True)),
    )
    for source, text in FUNDS:
        figures(paper, project, source, label(text, 2), widths, "—")
    goals(paper, project, (1, 5, 5), "年度\n总体\n目标")
    paper.gap()
    columns = (
        ("level_1", 1),
        ("level_2", 1),
        ("level_3", 2),
        ("target", 1),
        ("actual", 1),
        ("weight", 1),
        ("score", 1),
        ("variance_explanation", 2),
    )
    rows: list[dict[str, str]] = []
    sums = {row["level_1"]: Decimal(0) for row in project.glued()}
    for row in project.glued():
        sums[row["level_1"]] += Decimal(row["weight"])
    number = 1
    for row in project.glued():
        level = row["level_1"]
        second = row["level_2"]
        number = number + 1 if rows and rows[-1]["level_2"] == second else 1
        row["level_3"] = f"指标{number}：{row['level_3']}"
        if weights_in_labels:
            row["level_1"] = f"{level}\n({sums[level]}分)"
        rows.append(row)
    paper.line(label("绩\n效\n指\n标", 1, len(rows) + 6), *heads(columns))
    used = len(rows)
    _with_unused(paper, columns, rows)
    paper.line(label("总分", 7), value("total_weight", "100"), value("total_score", project.total_score), blank(2))
    paper.gap()
    paper.line(note("填报人：", 4), note("联系电话：", 3), note("填报日期：", 4))
    assert used == len(project.rows)
    faults = CARE.faults if weights_in_labels else WATER.faults
    return Fixture(name, "L2", paper, faults, "mof")


def _with_unused(paper: Paper, columns: Sequence[tuple[str, int]], rows: list[dict[str, str]]) -> None:
    """After the rows of each group those of the pattern that nobody filled in."""
    groups: list[list[dict[str, str]]] = []
    for row in rows:
        if groups and groups[-1][0]["level_1"] == row["level_1"]:
            groups[-1].append(row)
        else:
            groups.append([row])
    extra = {0: ("成本指标", 2), 1: ("经济效益指标", 3)}
    first = 0
    for at, group in enumerate(groups):
        second, count = extra.get(at, ("", 0))
        spare = [
            {"level_1": group[0]["level_1"], "level_2": second, "level_3": words}
            for words in ("指标1：", "指标2：", "……")[:count]
        ]
        _group(paper, columns, group, spare, first)
        first += len(group)


def _group(
    paper: Paper,
    columns: Sequence[tuple[str, int]],
    group: list[dict[str, str]],
    spare: list[dict[str, str]],
    first: int,
) -> None:
    before = len(paper.boxes)
    table(paper, columns, group, first=first)
    if spare:  # 一级指标 runs on over the rows left unused
        for at in range(before, len(paper.boxes)):
            box = paper.boxes[at]
            if box.kind == "level" and box.fields[0].endswith("level_1"):
                longer = replace(box, rows=box.rows + len(spare))
                paper.boxes[at] = longer
                paper._taken.update(longer.places)
                break
    for at, row in enumerate(spare):
        items = [replace(unused(row["level_2"], 1, "level_2"), rows=len(spare))] if at == 0 else []
        for term, width in columns[2:]:
            items.append(unused(row["level_3"], width) if term == "level_3" else blank(width))
        paper.line(*items)


def unused(text: str, width: int, term: str = "level_3") -> Box:
    """A name of the pattern that was left in: it may be read as a row that says nothing, or be left out."""
    return Box(text=text, columns=width, kind="note", maybe=(term,))


def anhui_department() -> Fixture:
    """L7: 分值 stands before 指标值."""
    project = RIVER
    paper = Paper("部门整体")
    paper.line(title("部门整体支出绩效自评表", 9))
    paper.line(title("（2023年度）", 9, year=True))
    paper.line(
        label("项目名称"),
        value("project_name", project.project_name, 3),
        label("主管部门"),
        value("supervising_department", project.supervising_department, 4),
    )
    paper.gap()
    paper.line(
        label("预算执行情况（万元）", 1, 5),
        label("资金来源", 2),
        *map(label, ("年初预算数", "全年预算数", "全年执行数", "分值", "执行率", "得分")),
    )
    for source, words in (
        ("total", "年度资金总额"),
        ("appropriation", "1.财政拨款"),
        ("carryover", "2.上年结转资金"),
        ("other", "3.其他资金"),
    ):
        figures(paper, project, source, label(words, 2), (1,) * 6)
    goals(paper, project, (1, 4, 4), "年度总体目标", ("年初设定目标", "全年实际完成情况"))
    paper.gap()
    columns = (
        ("level_1", 1),
        ("level_2", 1),
        ("level_3", 2),
        ("weight", 1),
        ("target", 1),
        ("actual", 1),
        ("score", 1),
        ("variance_explanation", 1),
    )
    paper.line(*heads(columns, {"target": "指标值", "actual": "实际值", "variance_explanation": "说明"}))
    table(paper, columns, project.glued())
    paper.line(
        label("合计", 4), value("total_weight", "100"), blank(2), value("total_score", project.total_score), blank()
    )
    return Fixture("anhui_department", "L7", paper, project.faults, None)


def anhui(*, bonds: bool) -> Fixture:
    """L8, with and without a row 专项债券资金: the rows under it move."""
    project = LIBRARY if bonds else LIGHTS
    paper = Paper("项目自评表")
    paper.line(title(f"{project.year}年度项目支出绩效自评表", 9, year=True))
    paper.line(note("填报单位（盖章）：", 5), note("金额单位：万元", 4))
    paper.line(label("项目名称", 2), value("project_name", project.project_name, 7))
    paper.line(
        label("主管部门", 2),
        value("supervising_department", project.supervising_department, 2),
        label("实施单位"),
        value("implementing_unit", project.implementing_unit, 4),
    )
    paper.gap()
    rows = [
        ("total", "年度资金总额"),
        ("appropriation", "其中：当年财政拨款"),
        ("carryover", "上年结转资金"),
        ("other", "其他资金"),
    ]
    if bonds:
        project = replace(
            project,
            funds={**project.funds, "other": ("4.00", "5.00", "4.60"), "bonds": ("7.00", "7.50", "6.90")},
            faults=(Planted("M01", "funds.total.annual_budget"),),
        )
        rows.insert(2, ("bonds", "专项债券资金"))
    paper.line(
        label("项目资金（万元）", 1, len(rows) + 1),
        label("资金名称", 2),
        *map(label, ("年初预算数", "全年预算数", "全年执行数", "分值", "执行率", "得分")),
    )
    for source, words in rows:
        figures(paper, project, source, label(words, 2), (1,) * 6, "-")
    goals(paper, project, (1, 4, 4), "年度总体目标")
    paper.gap()
    listed = project.glued()
    paper.line(label("绩效指标", 1, len(listed) + 1), *heads(USUAL, {"variance_explanation": "偏差原因分析及改进措施"}))
    table(paper, USUAL, listed)
    paper.line(label("总分", 6), value("total_weight", "100"), value("total_score", project.total_score), blank())
    return Fixture("anhui_bonds" if bonds else "anhui", "L8", paper, project.faults, "anhui" if bonds else "mof")


def hefei() -> Fixture:
    """L9: one budget line, 一般公共预算."""
    project = replace(CARE, faults=(Planted("S03", "indicators.1.score"), Planted("X04", "funds.total.score")))
    paper = Paper("绩效评价")
    paper.line(title("项目支出绩效自评表", 9))
    paper.line(note("预算年度：2023年", 5), note("单位：万元", 4))
    paper.boxes[-2] = replace(paper.boxes[-2], kind="title", fields=("fiscal_year",), means=2023)
    paper.line(
        label("项目名称"),
        value("project_name", project.project_name, 3),
        label("主管部门"),
        value("supervising_department", project.supervising_department, 4),
    )
    paper.line(label("项目单位"), value("implementing_unit", project.implementing_unit, 8))
    paper.gap()
    paper.line(
        label("预算执行情况", 1, 2),
        label("资金来源", 2),
        *map(label, ("年初预算数", "全年预算数", "全年执行数", "分值", "执行率", "得分")),
    )
    found = project.fund("total")
    terms = ("initial_budget", "annual_budget", "executed_amount", "weight", "execution_rate", "score")
    paper.line(label("一般公共预算", 2), *(value(f"funds.total.{term}", found[term]) for term in terms))
    goals(paper, project, (1, 4, 4), "总体目标", ("年度目标", "完成情况"))
    paper.gap()
    rows = project.glued()
    paper.line(label("年度绩效指标", 1, len(rows) + 1), *heads(USUAL))
    table(paper, USUAL, rows, levels="repeat")
    paper.line(label("合计", 6), value("total_weight", "100"), value("total_score", project.total_score), blank())
    return Fixture("hefei", "L9", paper, project.faults, "hefei")


def fixtures() -> tuple[Fixture, ...]:
    return (
        shanghai(),
        mof(weights_in_labels=True, name="mof_weights_in_labels"),
        mof(weights_in_labels=False, name="mof"),
        anhui_department(),
        anhui(bonds=False),
        anhui(bonds=True),
        hefei(),
    )
