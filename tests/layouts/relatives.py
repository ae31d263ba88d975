"""Forms that stand in no list: as other places might print them, with wordings and shapes of their own."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from .content import CARE, LIBRARY, LIGHTS, RIVER, WATER, Project
from .national import figures, goals, heads
from .paper import Box, Fixture, Paper, Planted, blank, label, maybe, note, other, table, title, value
from .provinces import foot


def inside(name: str, words: str, text: str, columns: int = 1) -> Box:
    """A label and its value in one cell: ``项目名称：…``."""
    box = value(name, text, columns)
    return replace(box, text=f"{words}：{text}", kind="inline", as_number=False)


def serial_and_review() -> Fixture:
    """序号 in front, 审核得分 and 备注 behind, levels on every row, the unit at the top right."""
    project = LIGHTS
    paper = Paper("自评汇总")
    paper.line(title("临江市本级项目支出绩效自评表", 12))
    paper.line(
        title("2022 年 度", 12, year=True),
    )
    paper.line(blank(9), note("单位：万元", 3))
    paper.line(label("项 目 名 称", 2), value("project_name", project.project_name, 10))
    paper.line(label("主 管 部 门", 2), value("supervising_department", project.supervising_department, 4),
               label("项目实施单位", 2), value("implementing_unit", project.implementing_unit, 4))  # fmt: skip
    paper.gap(1)
    paper.line(
        label("资金来源", 4),
        *(
            label(word, width)
            for word, width in zip(
                ("年初预算金额", "全年预算数", "全年支出数", "分值", "执行率", "得分"), (1, 2, 2, 1, 1, 1), strict=True
            )
        ),
    )
    for source, words in (
        ("total", "资金总额"),
        ("appropriation", "（1）财政拨款"),
        ("carryover", "（2）上年结转"),
        ("other", "（3）其他资金"),
    ):
        figures(paper, project, source, label(words, 4), (1, 2, 2, 1, 1, 1))
    paper.gap(1)
    paper.line(label("年度目标", 2), label("年初目标", 2), value("expected_goal", project.expected_goal, 8))
    paper.line(label("完成情况", 2), label("实际完成情况", 2), value("actual_result", project.actual_result, 8))
    paper.gap()
    columns = (
        ("serial", 1),
        ("level_1", 1),
        ("level_2", 1),
        ("level_3", 2),
        ("target", 1),
        ("actual", 1),
        ("weight", 1),
        ("score", 1),
        ("review_score", 1),
        ("variance_explanation", 1),
        ("remark", 1),
    )
    named = {
        "serial": "序号",
        "target": "年初目标值",
        "actual": "实际完成值",
        "weight": "指标分值",
        "score": "自评得分",
        "review_score": "审核得分",
        "variance_explanation": "偏差原因及改进措施",
        "remark": "备注",
    }
    rows = project.glued()
    for at, row in enumerate(rows):
        lower = Decimal(row["score"]) - Decimal("0.25")
        row.update(serial=str(at + 1), review_score=str(lower), remark="市级示范" if at == 2 else "")
    paper.line(*heads(columns, named))
    table(paper, columns, rows, levels="repeat")
    paper.line(
        label("合 计", 7),
        value("total_weight", "100"),
        value("total_score", project.total_score),
        value("review_score", "95.23"),
        blank(2),
    )
    return Fixture("serial_and_review", "relative", paper, project.faults)


def two_row_heads() -> Fixture:
    """The heading of both tables stands in two rows; the second says what the first leaves open."""
    project = CARE
    paper = Paper("表2")
    paper.line(title("项目绩效自评情况表", 11))
    paper.line(title("（2023年度）", 11, year=True))
    paper.line(
        label("项目名称", 2),
        value("project_name", project.project_name, 4),
        label("预算主管部门", 2),
        value("supervising_department", project.supervising_department, 3),
    )
    paper.line(label("项目承担单位", 2), value("implementing_unit", project.implementing_unit, 9))
    paper.gap()
    paper.line(
        label("预算资金\n（单位：万元）", 2, 6),
        label("项目", 2, 2),
        label("预算安排", 3),
        label("执行情况", 2),
        label("评分", 2),
    )
    paper.line(label("年初预算", 2), label("全年预算"), label("执行数"), label("执行率"), label("分值"), label("得分"))
    for source, words in (
        ("total", "合计"),
        ("appropriation", "财政拨款"),
        ("carryover", "上年结转资金"),
        ("other", "其他资金"),
    ):
        found = project.fund(source)
        order = (
            ("initial_budget", 2),
            ("annual_budget", 1),
            ("executed_amount", 1),
            ("execution_rate", 1),
            ("weight", 1),
            ("score", 1),
        )
        paper.line(
            label(words, 2), *(value(f"funds.{source}.{term}", found.get(term, ""), width) for term, width in order)
        )
    goals(paper, project, (2, 5, 4), "年度绩效目标", ("预期绩效目标", "目标实际完成情况"))
    paper.gap()
    columns = (
        ("level_1", 1),
        ("level_2", 1),
        ("level_3", 3),
        ("target", 1),
        ("actual", 1),
        ("weight", 1),
        ("score", 1),
        ("variance_explanation", 2),
    )
    rows = project.glued()
    paper.line(
        label("一级指标", 1, 2),
        label("二级指标", 1, 2),
        label("三级指标", 3, 2),
        label("指标值", 2),
        label("评分情况", 2),
        label("未完成原因及改进措施", 2, 2),
    )
    paper.line(label("年初目标值"), label("全年完成值"), label("标准分值"), label("自评分"))
    table(paper, columns, rows, levels="blank")
    paper.line(label("总 分", 7), value("total_weight", "100"), value("total_score", project.total_score), blank(2))
    paper.gap()
    paper.line(
        inside("sign_off.填报人", "填报人", "陈一帆", 4),
        inside("sign_off.审核人", "审核人", "卢敏", 3),
        inside("sign_off.联系电话", "联系电话", "0555-5550123", 4),
    )
    return Fixture("two_row_heads", "relative", paper, project.faults)


def score_before_weight() -> Fixture:
    """得分 before 分值, goals beside their labels, everything kept as text, on the third sheet."""
    project = WATER
    paper = Paper("自评表（正式）")
    paper._row = 3
    paper.line(title("石桥县项目支出绩效自评表", 9))
    paper.line(replace(title("（二〇二三年度）", 9), fields=("fiscal_year",), means=2023))
    paper.line(note("填报单位：石桥县农村供水总站", 5), note("金额单位：万元", 4))
    paper.line(
        label("项目名称"),
        value("project_name", project.project_name, 4),
        label("项目编码"),
        value("project_code", "SQ2023-SL-017", 3),
    )
    paper.line(
        label("主管单位"),
        value("supervising_department", project.supervising_department, 4),
        label("项目单位"),
        value("implementing_unit", project.implementing_unit, 3),
    )
    paper.gap()
    paper.line(
        label("项目资金", 1, 5),
        label("资金性质", 2),
        *map(label, ("年初预算数", "调整后预算数", "实际执行数", "执行率", "得分", "分值")),
    )
    for source, words in (
        ("total", "总额"),
        ("appropriation", "财政资金"),
        ("carryover", "结转资金"),
        ("other", "其他"),
    ):
        found = project.fund(source)
        order = ("initial_budget", "annual_budget", "executed_amount", "execution_rate", "score", "weight")
        paper.line(
            label(words, 2), *(value(f"funds.{source}.{term}", found.get(term, ""), as_text=True) for term in order)
        )
    paper.gap()
    paper.line(label("年度总体目标", 1, 2), label("预期目标", 2), value("expected_goal", project.expected_goal, 6))
    paper.line(label("实际完成情况", 2), value("actual_result", project.actual_result, 6))
    paper.gap()
    columns = (
        ("level_1", 1),
        ("level_2", 1),
        ("level_3", 1),
        ("target", 1),
        ("actual", 1),
        ("score", 1),
        ("weight", 1),
        ("variance_explanation", 2),
    )
    rows = project.glued()
    paper.line(
        *heads(
            columns,
            {
                "target": "计划值",
                "actual": "完成值",
                "score": "实际得分",
                "weight": "满分值",
                "variance_explanation": "原因分析",
            },
        )
    )
    table(paper, columns, rows)
    paper.boxes = [replace(box, as_number=False) for box in paper.boxes]
    paper.line(
        label("总计", 5),
        value("total_score", project.total_score, as_text=True),
        value("total_weight", "100", as_text=True),
        blank(2),
    )
    first = Paper("目录")
    first.line(note("目录", 2))
    first.line(note("1", 1), note("自评表", 1))
    second = Paper("佐证材料")
    second.line(note("检测报告汇总", 3))
    second.line(*(note(word, 1) for word in ("序号", "名称", "分值")))
    return Fixture("score_before_weight", "relative", paper, project.faults, before=(first, second))


def one_line_of_money() -> Fixture:
    """No fund table: amounts stand beside their labels; 预算执行率 is a row of the indicators."""
    project = LIBRARY
    paper = Paper("绩效自评")
    paper.line(title("2024年度专项资金绩效自评表", 10, year=True))
    paper.line(label("专项名称", 2), value("project_name", project.project_name, 8))
    paper.line(
        label("主管部门", 2),
        value("supervising_department", project.supervising_department, 3),
        label("实施单位", 2),
        value("implementing_unit", project.implementing_unit, 3),
    )
    found = project.fund("total")
    paper.line(label("年初预算（万元）", 2), value("funds.total.initial_budget", "232.10"), label("全年预算（万元）", 2), value("funds.total.annual_budget", found["annual_budget"]),
               label("实际支出（万元）", 1), value("funds.total.executed_amount", found["executed_amount"]), label("执行率"), value("funds.total.execution_rate", found["execution_rate"]))  # fmt: skip
    paper.gap()
    paper.line(label("年度目标", 2), value("expected_goal", project.expected_goal, 8))
    paper.line(label("目标完成情况", 2), value("actual_result", project.actual_result, 8))
    paper.gap()
    columns = (
        ("level_1", 1),
        ("level_2", 1),
        ("level_3", 2),
        ("weight", 1),
        ("target", 1),
        ("actual", 1),
        ("-method", 1),
        ("score", 1),
        ("variance_explanation", 1),
    )
    named = {
        "-method": "计分方法",
        "weight": "权重分",
        "target": "目标值",
        "actual": "完成值",
        "score": "得分",
        "variance_explanation": "扣分原因",
    }
    rows = [
        {"level_1": "过程", "level_2": "预算执行", "level_3": "预算执行率", "weight": "10", "target": "100%", "actual": "99.26%", "-method": "执行率×10", "score": "9.93", "variance_explanation": "年末货款跨年结算。"},
        *({**row, "-method": f"完成比例×{row['weight']}"} for row in project.glued()),
    ]  # fmt: skip
    paper.line(*heads(columns, named))
    table(paper, columns, rows)
    paper.line(label("自评总分", 8), value("total_score", "97.53"), blank())
    paper.line(label("自评等级", 8), value("grade", "优", 2))
    return Fixture("one_line_of_money", "relative", paper, (Planted("D03", "indicators.0.variance_explanation"),))


def sections() -> Fixture:
    """一级指标 as a heading over the whole width, its weight in it; label and value in one cell above."""
    project = RIVER
    paper = Paper("2023")
    paper.line(title("望海市项目支出绩效自评表（2023年度）", 8, year=True))
    paper.line(inside("project_name", "项目名称", project.project_name, 8))
    paper.line(
        inside("supervising_department", "主管部门", project.supervising_department, 4),
        inside("implementing_unit", "实施单位", project.implementing_unit, 4),
    )
    paper.line(note("金额单位：万元", 8))
    paper.gap()
    paper.line(label("资金情况", 2), *map(label, ("年初预算数", "全年预算数", "全年执行数", "分值", "执行率", "得分")))
    for source, words in (
        ("total", "年度资金总额"),
        ("appropriation", "其中：财政拨款"),
        ("carryover", "上年结转资金"),
        ("other", "其他资金"),
    ):
        figures(paper, project, source, label(words, 2), (1,) * 6, "—")
    paper.gap()
    paper.line(label("预期目标", 4), label("实际完成情况", 4))
    paper.line(value("expected_goal", project.expected_goal, 4), value("actual_result", project.actual_result, 4))
    paper.gap()
    columns = (
        ("level_2", 1),
        ("level_3", 2),
        ("target", 1),
        ("actual", 1),
        ("weight", 1),
        ("score", 1),
        ("variance_explanation", 1),
    )
    paper.line(*heads(columns, {"level_2": "指标类别", "level_3": "指标名称"}))
    rows = project.glued()
    first = 0
    for number, level, weight in (("一", "产出指标", 50), ("二", "效益指标", 30), ("三", "满意度指标", 10)):
        own = [row for row in rows if row["level_1"] == level]
        names = tuple(f"indicators.{first + at}.level_1" for at in range(len(own)))
        paper.line(Box(text=f"{number}、{level}（{weight}分）", columns=8, kind="section", fields=names, means=level))
        table(paper, columns, own, first=first)
        first += len(own)
    paper.line(label("总分", 5), value("total_weight", "100"), value("total_score", project.total_score), blank())
    paper.gap(1)
    foot(paper, 8)
    return Fixture("sections", "relative", paper, project.faults)


def cost_first() -> Fixture:
    """成本指标 as a level of its own; a target in three columns; 计算方法 and 数据来源 behind."""
    project = replace(LIGHTS, rows=(
        "成本指标|经济成本指标|单盏改造成本|≤|3200|元|3050|12|12|",
        "成本指标|生态环境成本指标|废旧灯具处置费|≤|9.6|万元|8.7|8|8|",
        "产出指标|数量指标|更换节能灯具数量|≥|1200|盏|1235|16|16|",
        "产出指标|质量指标|灯具安装合格率|≥|98|%|97|14|14|",
        "产出指标|时效指标|平均故障修复时间|≤|24|小时|21.5|10|10|",
        "效益指标|经济效益指标|年节约电费|≥|85|万元|91.4|11|11|",
        "效益指标|社会效益指标|夜间出行条件|定性|明显改善||基本改善|9|7.2|部分路段改造推迟，下一步加强管线迁改协调。",
        "满意度指标|服务对象满意度指标|沿线居民满意度|≥|90|%|92.6|10|9.9|样本偏少，下一步扩大问卷。",
    ), total_score="98.73")  # fmt: skip
    paper = Paper("项目绩效")
    paper._row = 1
    paper.line(blank(1), title("项目支出绩效单位自评表", 14))
    paper.line(blank(1), title("（2022年度）", 14, year=True))
    paper.line(
        blank(1),
        label("项目名称", 2),
        value("project_name", project.project_name, 5),
        label("部门名称", 2),
        value("supervising_department", project.supervising_department, 5),
    )
    paper.line(blank(1), label("单位名称", 2), value("implementing_unit", project.implementing_unit, 12))
    paper.gap()
    widths = (2, 2, 2, 1, 2, 2)
    paper.line(
        blank(1),
        label("预算执行情况\n（万元）", 1, 5),
        label("资金构成", 2),
        *(
            label(word, width)
            for word, width in zip(
                ("年初预算数", "全年预算数(A)", "全年执行数(B)", "分值", "执行率(B/A)", "得分"), widths, strict=True
            )
        ),
    )
    for source, words in (
        ("total", "年度资金总额"),
        ("appropriation", "其中:当年财政拨款"),
        ("carryover", "上年结转资金"),
        ("other", "其他资金"),
    ):
        found = project.fund(source)
        paper.line(blank(1), label(words, 2), *(value(f"funds.{source}.{term}", found.get(term, ""), width) for term, width in zip(
            ("initial_budget", "annual_budget", "executed_amount", "weight", "execution_rate", "score"), widths, strict=True)))  # fmt: skip
    paper.gap()
    paper.line(blank(1), label("年度\n总体\n目标", 1, 2), label("预期目标", 6), label("实际完成情况", 7))
    paper.line(
        blank(1), value("expected_goal", project.expected_goal, 6), value("actual_result", project.actual_result, 7)
    )
    paper.gap()
    columns = (
        ("level_1", 1),
        ("level_2", 2),
        ("level_3", 2),
        ("operator", 1),
        ("target", 1),
        ("unit", 1),
        ("actual", 1),
        ("weight", 1),
        ("score", 1),
        ("-method", 1),
        ("-data", 1),
        ("variance_explanation", 1),
    )
    named = {
        "operator": "指标方向",
        "unit": "单位",
        "target": "目标值",
        "actual": "实际完成值",
        "-method": "计算方法",
        "-data": "数据来源",
        "variance_explanation": "偏差分析及整改措施",
    }
    rows = [{**row, "-method": "比例法", "-data": "单位台账"} for row in project.split()]
    paper.line(blank(1), *heads(columns, named))
    before = paper._row
    table_at(paper, columns, rows, 2)
    assert paper._row == before + len(rows)
    paper.line(
        blank(1), label("合计", 9), value("total_weight", "100"), value("total_score", project.total_score), blank(3)
    )
    return Fixture(
        "cost_first",
        "relative",
        paper,
        (
            Planted("S15", "indicators.3.score"),
            Planted("D02", "indicators.3.variance_explanation"),
            Planted("T01", "total_score"),
        ),
    )


def table_at(paper: Paper, columns: tuple[tuple[str, int], ...], rows: list[dict[str, str]], left: int) -> None:
    """A table that begins further to the right."""
    for row in range(paper._row + 1, paper._row + 1 + len(rows)):
        paper._taken.update((row, column) for column in range(1, left))
    table(paper, columns, rows)


def turned() -> Fixture:
    """The fund block lies on its side: amounts in rows, sources in columns."""
    project = CARE
    paper = Paper("Sheet2")
    paper.line(title("财政支出项目绩效自评表", 8))
    paper.line(title("（2023年度）", 8, year=True))
    paper.line(label("项目名称"), value("project_name", project.project_name, 7))
    paper.line(
        label("主管部门"),
        value("supervising_department", project.supervising_department, 3),
        label("实施单位"),
        value("implementing_unit", project.implementing_unit, 3),
    )
    paper.gap()
    sources = (("total", "资金总额"), ("appropriation", "财政拨款"), ("carryover", "上年结转"), ("other", "其他资金"))
    paper.line(
        label("项目资金（万元）", 1, 5),
        label("项目", 2),
        *(label(words, 1 if source != "total" else 2) for source, words in sources),
    )
    project = replace(project, funds={**project.funds, "total": ("423.80", "396.40", "371.26", "10", "93.66%", "9.37")})
    for term, words in (
        ("initial_budget", "年初预算数"),
        ("annual_budget", "全年预算数"),
        ("executed_amount", "全年执行数"),
        ("execution_rate", "执行率"),
    ):
        paper.line(
            label(words, 2),
            *(
                value(f"funds.{source}.{term}", project.fund(source).get(term, ""), 1 if source != "total" else 2)
                for source, _ in sources
            ),
        )
    goals(paper, project, (1, 4, 3), "年度总体目标")
    paper.gap()
    columns = (
        ("level_1", 1),
        ("level_2", 1),
        ("level_3", 1),
        ("target", 1),
        ("actual", 1),
        ("weight", 1),
        ("score", 1),
        ("variance_explanation", 1),
    )
    paper.line(*heads(columns))
    table(paper, columns, project.glued())
    paper.line(label("总分", 5), value("total_weight", "90"), value("total_score", "87.66"), blank())
    return Fixture("turned", "relative", paper, (Planted("S03", "indicators.1.score"),))


def two_in_one() -> Fixture:
    """Two forms under one another on one sheet."""
    paper = Paper("合并")
    for number, project in enumerate((WATER, LIBRARY)):
        paper.form = number
        _plain(paper, project)
        paper.gap(3)
    return Fixture("two_in_one", "relative", paper, WATER.faults)


def _plain(paper: Paper, project: Project) -> None:
    paper.line(title("项目支出绩效自评表", 9))
    paper.line(title(f"（{project.year}年度）", 9, year=True))
    paper.line(label("项目名称"), value("project_name", project.project_name, 8))
    paper.line(
        label("主管部门"),
        value("supervising_department", project.supervising_department, 3),
        label("实施单位"),
        value("implementing_unit", project.implementing_unit, 4),
    )
    paper.gap()
    paper.line(
        label("项目资金（万元）", 1, 5),
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
    columns = (
        ("level_1", 1),
        ("level_2", 1),
        ("level_3", 1),
        ("target", 1),
        ("actual", 1),
        ("weight", 1),
        ("score", 1),
        ("variance_explanation", 1),
    )
    rows = project.glued()
    paper.line(label("绩效指标", 1, len(rows) + 1), *heads(columns))
    table(paper, columns, rows)
    paper.line(label("总分", 6), value("total_weight", "100"), value("total_score", project.total_score), blank())


def total_in_words() -> Fixture:
    """The total stands in one cell with its words and the grade; pasted from a text document."""
    project = RIVER
    paper = Paper("文档粘贴", currency_unit="元")
    yuan = {
        key: tuple(f"{Decimal(text) * 10000:,.2f}" if at < 3 else text for at, text in enumerate(texts))
        for key, texts in project.funds.items()
    }
    project = replace(project, funds=yuan, total_score="99.61", faults=(Planted("S06", "indicators.3.score"),))
    paper.line(title("项目支出绩效自评表", 8))
    paper.line(maybe("date", "填报日期：2024年2月20日", 4), note("单位：元", 4))
    paper.line(
        label("项目名称", 1),
        value("project_name", project.project_name, 3),
        label("评价年度"),
        value("fiscal_year", "2023年", 3),
    )
    paper.line(
        label("项目主管部门"),
        value("supervising_department", project.supervising_department, 3),
        label("项目实施单位"),
        value("implementing_unit", project.implementing_unit, 3),
    )
    paper.gap()
    paper.line(label("资金", 2), *map(label, ("年初预算数", "全年预算数", "全年执行数", "执行率", "分值", "得分")))
    for source, words in (
        ("total", "项目资金总额"),
        ("appropriation", "其中：财政拨款"),
        ("carryover", "上年结转"),
        ("other", "其他资金"),
    ):
        found = project.fund(source)
        paper.line(
            label(words, 2),
            *(
                value(f"funds.{source}.{term}", found.get(term, ""), as_text=True)
                for term in ("initial_budget", "annual_budget", "executed_amount", "execution_rate", "weight", "score")
            ),
        )
    paper.gap()
    paper.line(label("绩效目标", 1, 2), label("年初设定目标", 4), label("全年完成情况", 3))
    paper.line(value("expected_goal", project.expected_goal, 4), value("actual_result", project.actual_result, 3))
    paper.gap()
    columns = (
        ("level_1", 1),
        ("level_2", 1),
        ("level_3", 1),
        ("target", 1),
        ("actual", 1),
        ("weight", 1),
        ("score", 1),
        ("variance_explanation", 1),
    )
    paper.line(
        *heads(columns, {"target": "预期指标值", "actual": "实际完成指标值", "variance_explanation": "未完成原因"})
    )
    table(paper, columns, project.glued(), levels="blank")
    paper.line(
        replace(value("total_score", "99.61"), text="自评总分：99.61分", columns=4, kind="inline", as_number=False),
        replace(value("grade", "优"), text="自评等级：优", columns=4, kind="inline"),
    )
    return Fixture("total_in_words", "relative", paper, project.faults)


def fixtures() -> tuple[Fixture, ...]:
    return (
        serial_and_review(), two_row_heads(), score_before_weight(), one_line_of_money(), sections(), cost_first(), turned(), two_in_one(),
        total_in_words(),
    )  # fmt: skip


__all__ = ["fixtures", "other"]
