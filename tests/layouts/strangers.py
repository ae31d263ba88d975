"""More forms of no list, each with something that invites a reader to put a value where it does not belong."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from .content import CARE, LIBRARY, LIGHTS, RIVER, WATER, Project
from .national import USUAL, figures, goals, heads
from .paper import Fixture, Paper, blank, label, note, other, table, title, value

FUND_ROWS = (
    ("total", "年度资金总额"),
    ("appropriation", "其中：财政拨款"),
    ("carryover", "上年结转资金"),
    ("other", "其他资金"),
)


def top(paper: Paper, project: Project, width: int, words: str = "项目支出绩效自评表") -> None:
    """Title, year, and the three names."""
    paper.line(title(words, width))
    paper.line(title(f"（{project.year}年度）", width, year=True))
    paper.line(label("项目名称"), value("project_name", project.project_name, width - 1))
    half = width // 2
    paper.line(
        label("主管部门"),
        value("supervising_department", project.supervising_department, half - 1),
        label("实施单位"),
        value("implementing_unit", project.implementing_unit, width - half - 1),
    )
    paper.gap()


def last(paper: Paper, project: Project, before: int, after: int) -> None:
    paper.line(
        label("总分", before), value("total_weight", "100"), value("total_score", project.total_score), blank(after)
    )


def arrived_money() -> Fixture:
    """到位资金 stands between budget and spending, 完成率 between 完成值 and 分值."""
    project = WATER
    paper = Paper("自评")
    top(paper, project, 10)
    words = ("年初预算数", "全年预算数", "资金到位数", "到位率", "全年执行数", "执行率", "分值", "得分")
    paper.line(label("资金情况（万元）"), label("资金来源"), *map(label, words))
    arrived = {"total": "145.30", "appropriation": "114.20", "carryover": "20.60", "other": "10.50"}
    for source, text in FUND_ROWS:
        found = project.fund(source)
        money = [value(f"funds.{source}.{term}", found[term]) for term in ("initial_budget", "annual_budget")]
        spent = [
            value(f"funds.{source}.{term}", found.get(term, ""))
            for term in ("executed_amount", "execution_rate", "weight", "score")
        ]
        paper.line(blank(), label(text), *money, other(arrived[source]), other("98.04%"), *spent)
    goals(paper, project, (1, 5, 4), "年度总体目标")
    paper.gap()
    columns = (("level_1", 1), ("level_2", 1), ("level_3", 2), ("target", 1), ("actual", 1), ("-done", 1), ("weight", 1),
               ("score", 1), ("variance_explanation", 1))  # fmt: skip
    rows = [{**row, "-done": f"{90 + at}.5%"} for at, row in enumerate(project.glued())]
    paper.line(*heads(columns, {"-done": "完成率（%）"}))
    table(paper, columns, rows)
    last(paper, project, 7, 1)
    return Fixture("arrived_money", "relative", paper, project.faults)


def half_year_target() -> Fixture:
    """A target for the half year beside that of the whole year, and an actual value of each."""
    project = RIVER
    paper = Paper("绩效")
    top(paper, project, 11)
    paper.line(
        label("项目资金（万元）", 1, 5),
        blank(3),
        *(label(word) for word in ("年初预算数", "全年预算数", "全年执行数", "执行率", "分值", "得分")),
        blank(),
    )
    for source, text in FUND_ROWS:
        found = project.fund(source)
        order = ("initial_budget", "annual_budget", "executed_amount", "execution_rate", "weight", "score")
        paper.line(label(text, 3), *(value(f"funds.{source}.{term}", found.get(term, "")) for term in order), blank())
    goals(paper, project, (1, 5, 5), "年度总体目标")
    paper.gap()
    columns = (("level_1", 1), ("level_2", 1), ("level_3", 2), ("-half", 1), ("target", 1), ("-so_far", 1), ("actual", 1),
               ("weight", 1), ("score", 1), ("variance_explanation", 1))  # fmt: skip
    rows = project.glued()
    for at, row in enumerate(rows):
        row.update({"-half": f"{30 + at}", "-so_far": f"{40 + at}.5"})
    named = {
        "-half": "上半年目标值",
        "target": "全年目标值",
        "-so_far": "上半年完成值",
        "actual": "全年完成值",
        "variance_explanation": "偏差原因分析",
    }
    paper.line(*heads(columns, named))
    table(paper, columns, rows)
    last(paper, project, 8, 1)
    return Fixture("half_year_target", "relative", paper, project.faults)


def three_judges() -> Fixture:
    """得分 over three columns: the unit's own, the department's, the finance bureau's."""
    project = CARE
    paper = Paper("评分")
    top(paper, project, 10)
    paper.line(
        label("项目资金（万元）", 1, 5),
        label("项目", 3),
        *(label(word) for word in ("年初预算数", "全年预算数", "全年执行数", "分值", "执行率", "得分")),
    )
    for source, text in FUND_ROWS:
        figures(paper, project, source, label(text, 3), (1,) * 6, "—")
    goals(paper, project, (1, 5, 4), "年度总体目标")
    paper.gap()
    columns = (("level_1", 1), ("level_2", 1), ("level_3", 1), ("target", 1), ("actual", 1), ("weight", 1), ("score", 1),
               ("-department", 1), ("-bureau", 1), ("variance_explanation", 1))  # fmt: skip
    paper.line(
        *(label(words, 1, 2) for words in ("一级指标", "二级指标", "三级指标", "年度指标值", "实际完成值", "分值")),
        label("得分", 3),
        label("偏差原因分析及改进措施", 1, 2),
    )
    paper.line(label("单位自评"), label("部门评价"), label("财政评价"))
    rows = project.glued()
    for row in rows:
        own = Decimal(row["score"])
        row.update(
            {
                "-department": f"{own - Decimal('0.31')}",
                "-bureau": f"{(own * Decimal('0.8')).quantize(Decimal('0.01'))}",
            }
        )
    table(paper, columns, rows)
    for at, box in enumerate(paper.boxes):
        if box.kind == "other":
            paper.boxes[at] = replace(box, maybe=("review_score",))
    paper.line(label("总分", 5), value("total_weight", "100"), value("total_score", project.total_score),
               replace(other("94.68"), maybe=("review_score",)), replace(other("64.2"), maybe=("review_score",)), blank())  # fmt: skip
    return Fixture("three_judges", "relative", paper, project.faults)


def score_row_apart() -> Fixture:
    """The execution score has a row of its own under the money; the rate is written beside it in words."""
    project = LIGHTS
    paper = Paper("表")
    top(paper, project, 9)
    paper.line(
        label("预算执行情况（万元）", 1, 6),
        blank(2),
        label("年初预算数", 2),
        label("全年预算数", 2),
        label("全年执行数"),
        label("执行率"),
    )
    for source, text in FUND_ROWS:
        found = project.fund(source)
        widths = (("initial_budget", 2), ("annual_budget", 2), ("executed_amount", 1), ("execution_rate", 1))
        paper.line(
            label(text, 2), *(value(f"funds.{source}.{term}", found.get(term, ""), width) for term, width in widths)
        )
    paper.line(
        label("预算执行率分值", 2),
        value("funds.total.weight", "10", 2),
        label("预算执行率得分", 2),
        value("funds.total.score", "9.73", 2),
    )
    goals(paper, project, (1, 4, 4), "年度总体目标")
    paper.gap()
    rows = project.glued()
    paper.line(label("绩效指标", 1, len(rows) + 1), *heads(USUAL))
    table(paper, USUAL, rows)
    last(paper, project, 6, 1)
    return Fixture("score_row_apart", "relative", paper, project.faults)


def score_before_actual() -> Fixture:
    """分值 before 指标值, and the score before the actual value."""
    project = LIBRARY
    paper = Paper("自评表")
    top(paper, project, 9)
    paper.line(
        label("项目资金（万元）", 1, 5),
        blank(2),
        *(label(word) for word in ("年初预算数", "全年预算数", "全年执行数", "分值", "执行率", "得分")),
    )
    for source, text in FUND_ROWS:
        figures(paper, project, source, label(text, 2), (1,) * 6)
    goals(paper, project, (1, 4, 4), "年度目标", ("预期目标", "完成情况"))
    paper.gap()
    columns = (
        ("level_1", 1),
        ("level_2", 1),
        ("level_3", 1),
        ("weight", 1),
        ("target", 1),
        ("score", 1),
        ("actual", 1),
        ("variance_explanation", 2),
    )
    rows = project.glued()
    paper.line(
        *heads(
            columns,
            {
                "weight": "分值",
                "target": "指标值",
                "score": "评分",
                "actual": "完成值",
                "variance_explanation": "偏差原因",
            },
        )
    )
    table(paper, columns, rows)
    paper.line(
        label("合计", 3), value("total_weight", "100"), blank(), value("total_score", project.total_score), blank(3)
    )
    return Fixture("score_before_actual", "relative", paper, project.faults)


def numbers_around() -> Fixture:
    """序号 of each level, a code and a year in columns beside the values, a sum under each level."""
    project = LIGHTS
    paper = Paper("附表3")
    top(paper, project, 12)
    paper.line(
        label("项目资金（万元）", 2, 5),
        label("资金来源", 4),
        *(label(word) for word in ("年初预算数", "全年预算数", "全年执行数", "分值", "执行率", "得分")),
    )
    for source, text in FUND_ROWS:
        figures(paper, project, source, label(text, 4), (1,) * 6, "/")
    goals(paper, project, (2, 5, 5), "年度总体目标")
    paper.gap()
    columns = (("serial", 1), ("level_1", 1), ("level_2", 1), ("-code", 1), ("level_3", 2), ("target", 1), ("actual", 1), ("-year", 1),
               ("weight", 1), ("score", 1), ("variance_explanation", 1))  # fmt: skip
    rows = project.glued()
    paper.line(*heads(columns, {"serial": "序号", "-code": "指标编码", "-year": "上年完成值"}))
    first = 0
    for level in ("产出指标", "效益指标", "满意度指标"):
        own = [row for row in rows if row["level_1"] == level]
        for at, row in enumerate(own):
            row.update({"serial": str(first + at + 1), "-code": f"10{first + at}", "-year": f"{70 + first + at}"})
        table(paper, columns, own, first=first)
        first += len(own)
        weight = sum(Decimal(row["weight"]) for row in own)
        score = sum(Decimal(row["score"]) for row in own)
        paper.line(note("小计", 9), other(str(weight)), other(str(score)), blank())
    last(paper, project, 9, 1)
    return Fixture("numbers_around", "relative", paper, project.faults)


def _decoy(name: str, paper: Paper) -> Fixture:
    return Fixture(name, "decoy", paper, stage="none")


def summary_list() -> Fixture:
    """A list of many projects, one a row: no form, though it has nearly every label of one."""
    paper = Paper("汇总表")
    paper.line(title("2023年度项目支出绩效自评情况汇总表", 10))
    paper.line(
        *map(
            label,
            (
                "序号",
                "项目名称",
                "主管部门",
                "实施单位",
                "年初预算数",
                "全年预算数",
                "全年执行数",
                "执行率",
                "自评得分",
                "自评等级",
            ),
        )
    )
    for at, project in enumerate((LIGHTS, CARE, WATER, LIBRARY, RIVER), 1):
        found = project.fund("total")
        texts = (project.project_name, project.supervising_department, project.implementing_unit)
        money = (found["initial_budget"], found["annual_budget"], found["executed_amount"], found["execution_rate"])
        paper.line(other(str(at)), *map(other, texts), *map(other, money), other(project.total_score), other("优"))
    return _decoy("summary_list", paper)


def scoring_guide() -> Fixture:
    """评分标准: the indicators of an evaluation with how each is scored, nothing filled in."""
    paper = Paper("评分标准")
    paper.line(title("项目支出绩效评价指标体系", 6))
    paper.line(*map(label, ("一级指标", "二级指标", "三级指标", "分值", "指标说明", "评分标准")))
    for row in LIGHTS.split():
        texts = (
            row["level_1"],
            row["level_2"],
            row["level_3"],
            row["weight"],
            "反映完成程度。",
            "完成得满分，未完成按比例扣分。",
        )
        paper.line(*map(other, texts))
    return _decoy("scoring_guide", paper)


def decoys() -> tuple[Fixture, ...]:
    """Sheets that are no self-evaluation form."""
    return (summary_list(), scoring_guide())


def fixtures() -> tuple[Fixture, ...]:
    return (
        arrived_money(),
        half_year_target(),
        three_judges(),
        score_row_apart(),
        score_before_actual(),
        numbers_around(),
    )
