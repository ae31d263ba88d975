"""L3 Sichuan, L4 Hubei, L5 Chongqing, L6 Ningxia, L10 Tianjin, L11 Guangxi: forms with columns of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from .content import CARE, LIBRARY, LIGHTS, RIVER, WATER, Project
from .national import figures, goals, heads
from .paper import Box, Fixture, Paper, Planted, blank, label, maybe, note, other, table, title, value

Columns = Sequence[tuple[str, int]]


def sichuan() -> Fixture:
    """L3: 权重, 原因 in the fund block, 指标性质/指标值/度量单位, 评价结论 at the foot."""
    project = CARE
    paper = Paper("510000_0013zp")
    paper.line(title("部门预算项目支出绩效自评表（2023年度）", 12, year=True))
    name = f"51078122T000000417326-{project.project_name}"
    paper.line(note("金额单位：万元", 12))
    paper.line(label("项目名称", 2), value("project_name", name, 10))
    paper.line(
        label("主管部门", 2),
        value("supervising_department", project.supervising_department, 4),
        label("实施单位", 2),
        value("implementing_unit", project.implementing_unit, 4),
    )
    paper.gap()
    columns = (("initial_budget", 1), ("annual_budget", 1), ("executed_amount", 2), ("execution_rate", 1), ("weight", 1),
               ("score", 1), ("reason", 2))  # fmt: skip
    words = ("年初预算", "调整后预算数", "预算执行数", "预算执行率", "权重", "得分", "原因")
    rows = (
        ("total", "总额"),
        ("financial", "其中：财政资金"),
        ("financial_account", "财政专户管理资金"),
        ("unit_funds", "单位资金"),
        ("other", "其他资金"),
    )
    paper.line(
        label("预算执行情况\n（10分）", 2, 6),
        blank(1),
        *(label(word, width) for word, (_, width) in zip(words, columns, strict=True)),
    )
    said = {
        "total": {**project.fund("total"), "reason": "年中压减会议费，另有两处站点验收推迟。"},
        "appropriation": {**project.fund("appropriation"), "execution_rate": "94.30%", "weight": "/", "score": "/"},
        "financial_account": {"initial_budget": "28.00", "annual_budget": "27.00", "executed_amount": "23.40", "execution_rate": "86.67%", "weight": "/", "score": "/"},
        "unit_funds": {"initial_budget": "9.00", "annual_budget": "9.50", "executed_amount": "8.70", "execution_rate": "91.58%", "weight": "/", "score": "/"},
        "other": {"initial_budget": "6.00", "annual_budget": "6.50", "executed_amount": "5.90", "execution_rate": "90.77%", "weight": "/", "score": "/"},
    }  # fmt: skip
    for source, text in rows:
        source = "appropriation" if source == "financial" else source
        paper.line(
            label(text),
            *(value(f"funds.{source}.{term}", said[source].get(term, ""), width) for term, width in columns),
        )
    goals(paper, project, (2, 5, 5), "年度总体目标", ("年初目标", "目标完成情况"))
    paper.gap()
    table_columns = (("level_1", 1), ("level_2", 1), ("level_3", 2), ("operator", 1), ("target", 1), ("unit", 1), ("actual", 1),
                     ("weight", 1), ("score", 1), ("variance_explanation", 1))  # fmt: skip
    named = {
        "operator": "指标性质",
        "target": "指标值",
        "unit": "度量单位",
        "actual": "完成值",
        "weight": "权重",
        "variance_explanation": "未完成原因分析",
    }
    listed = project.split()
    paper.line(label("绩效指标\n（90分）", 1, len(listed) + 1), *heads(table_columns, named))
    table(paper, table_columns, listed)
    paper.line(label("合计", 9), value("total_weight", "100"), value("total_score", project.total_score), blank())
    paper.gap()
    foot(paper, 12)
    paper.line(
        label("项目负责人：", 2),
        value("sign_off.项目负责人", "周明远", 4),
        label("财务负责人：", 2),
        value("sign_off.财务负责人", "何静", 4),
    )
    return Fixture("sichuan", "L3", paper, project.faults, "sichuan")


def foot(paper: Paper, width: int) -> None:
    """评价结论, 存在问题, 改进措施."""
    paper.line(
        label("评价结论", 2), value("evaluation", "项目总体完成年度目标，自评得分较高，服务覆盖面继续扩大。", width - 2)
    )
    paper.line(label("存在问题", 2), value("problems", "个别站点人员流动大，持证率未达预期。", width - 2))
    paper.line(label("改进措施", 2), value("measures", "明年一季度集中补训，并完善站点人员备案。", width - 2))


def hubei() -> Fixture:
    """L4: (A), (B), 得分(20分×执行率), no 分值 column, check boxes."""
    project = replace(
        WATER,
        total_score="98.54",
        faults=(Planted("V01", "indicators.5.actual"), Planted("T01", "total_score")),
    )
    paper = Paper("绩效自评表")
    paper.line(title("2023年度农村饮用水水质监测项目绩效自评表", 8, year=True))
    paper.line(note("单位名称：石桥县农村供水总站", 4), maybe("date", "填报日期：2024年1月18日", 4))
    paper.line(label("项目名称"), value("project_name", project.project_name, 7))
    paper.line(
        label("主管部门"),
        value("supervising_department", project.supervising_department, 3),
        label("项目实施单位", 2),
        value("implementing_unit", project.implementing_unit, 2),
    )
    paper.line(label("项目类别"), other("1、部门预算项目 ☑　　2、省直专项 □　　3、转移支付项目 □", 7))
    paper.line(label("项目属性"), other("1、持续性项目 ☑　　2、新增性项目 □", 7))
    paper.line(label("项目类型"), other("1、常年性项目 ☑　　2、延续性项目 □　　3、一次性项目 □", 7))
    paper.gap()
    paper.line(
        label("预算执行情况\n（万元）\n（20分）", 1, 2),
        blank(),
        label("预算数（A）"),
        label("执行数（B）", 2),
        label("执行率（B/A）"),
        label("得分\n（20分*执行率）", 2),
    )
    paper.line(
        label("年度财政资金总额"),
        value("funds.total.annual_budget", "148.20"),
        value("funds.total.executed_amount", "141.05", 2),
        value("funds.total.execution_rate", "95.18%"),
        value("funds.total.score", "19.04", 2),
    )
    paper.gap()
    paper.line(
        label("年度绩效目标1\n（80分）", 1, len(project.rows) + 2),
        *heads((("level_1", 1), ("level_2", 1), ("level_3", 2)), {}),
        label("年初目标值（A）"),
        label("实际完成值（B）"),
        label("得分"),
    )
    columns = (("level_1", 1), ("level_2", 1), ("level_3", 2), ("target", 1), ("actual", 1), ("score", 1))
    scaled = []
    for row, score in zip(project.glued(), ("12", "11", "10.5", "10", "14.5", "6.5", "7.5", "7"), strict=True):
        row.update(score=score)
        del row["weight"]
        scaled.append(row)
    table(paper, columns, scaled)
    paper.line(label("合计", 6), other("79"))
    paper.line(label("总分", 7), value("total_score", project.total_score))
    paper.gap()
    paper.line(label("偏差大或\n目标未完成\n原因分析"), other("部分水样因汛期道路中断延后送检，结果公布推迟。", 7))
    paper.line(label("改进措施及\n结果应用方案"), value("measures", "增设备用送检路线，来年按月安排送检计划。", 7))
    return Fixture("hubei", "L4", paper, project.faults)


def chongqing() -> Fixture:
    """L5: 得分系数, 调整指标值, 是否核心; 自评总分 and contacts stand in the header."""
    project = replace(RIVER, faults=(Planted("S06", "indicators.3.score"), Planted("T01", "total_score")))
    paper = Paper("自评表")
    paper.line(title("2023年度项目绩效自评表", 13, year=True))
    paper.line(
        label("项目名称", 2), value("project_name", project.project_name, 4),
        label("项目编码", 2), value("project_code", "50011223T000002086153", 2), label("自评总分（分）", 2), value("total_score", project.total_score),
    )  # fmt: skip
    paper.line(
        label("主管部门", 2), value("supervising_department", project.supervising_department, 4),
        label("财政归口处室", 2), other("农业农村科", 2), label("项目联系人"), value("sign_off.项目联系人", "谭小川", 2),
    )  # fmt: skip
    paper.line(
        label("实施单位", 2),
        value("implementing_unit", project.implementing_unit, 8),
        label("联系电话"),
        value("sign_off.联系电话", "023-55512068", 2, as_text=True),
    )
    paper.gap()
    words = ("年初预算数", "全年（调整）预算数", "全年执行数", "执行率", "执行率权重", "执行率得分")
    paper.line(
        label("项目资金\n（万元）", 1, 3),
        blank(2),
        *(label(word, width) for word, width in zip(words, (1, 2, 2, 2, 1, 2), strict=True)),
    )
    for source, text in (("total", "年度总金额"), ("appropriation", "其中：财政资金")):
        found = project.fund(source)
        paper.line(label(text, 2), *(
            value(f"funds.{source}.{term}", found.get(term, ""), width)
            for term, width in zip(("initial_budget", "annual_budget", "executed_amount", "execution_rate", "weight", "score"), (1, 2, 2, 2, 1, 2), strict=True)
        ))  # fmt: skip
    paper.gap()
    paper.line(
        label("当年绩效目标", 1, 2),
        label("年初绩效目标", 4),
        label("全年（调整）绩效目标", 4),
        label("全年目标实际完成情况", 4),
    )
    paper.line(
        value("expected_goal", project.expected_goal, 4),
        other("（未调整）", 4),
        value("actual_result", project.actual_result, 4),
    )
    paper.gap()
    columns = (
        ("level_3", 3),
        ("unit", 1),
        ("operator", 1),
        ("target", 1),
        ("adjusted_target", 1),
        ("actual", 1),
        ("coefficient", 1),
        ("weight", 1),
        ("score", 1),
        ("core", 1),
    )
    named = {"level_3": "指标名称", "unit": "计量单位", "operator": "指标性质", "target": "年初指标值", "adjusted_target": "调整指标值", "actual": "全年完成值",
             "coefficient": "得分系数（%）", "weight": "指标权重", "score": "指标得分", "core": "是否核心指标"}  # fmt: skip
    rows = []
    changed = {1: "9300", 4: "84"}
    for at, row in enumerate(project.split()):
        row.update(adjusted_target=changed.get(at, ""), core="是" if at in (0, 4) else "否")
        weight, score = Decimal(row["weight"]), Decimal(row["score"])
        row["coefficient"] = f"{score / weight * 100:.1f}"
        rows.append(row)
    paper.line(label("绩效指标", 1, len(rows) + 1), *heads(columns, named))
    table(paper, columns, rows)
    for at, box in enumerate(paper.boxes):
        if box.fields and box.fields[0].endswith("coefficient"):
            paper.boxes[at] = replace(box, means=Decimal(box.text) / 100)
    paper.line(label("说明", 2), note("指标性质为“定性”的，按好、中、差评定得分系数。", 11))
    return Fixture("chongqing", "L5", paper, project.faults, "chongqing")


def ningxia() -> Fixture:
    """L6: 参考分值, (A) and (B), 决策/管理/产出/效益, 财政审核评分."""
    project = LIBRARY
    paper = Paper("附件2")
    paper.line(title("附件2", 10))
    paper.line(title("项目支出绩效自评表", 10))
    paper.line(title("（2024年度）", 10, year=True))
    paper.line(label("项目名称", 2), value("project_name", project.project_name, 8))
    paper.line(
        label("主管部门", 2),
        value("supervising_department", project.supervising_department, 3),
        label("实施单位", 2),
        value("implementing_unit", project.implementing_unit, 3),
    )
    paper.gap()
    words = ("年初预算数", "调整后预算数（A）", "全年执行数（B）", "执行率（B/A）")
    paper.line(
        label("项目资金\n（万元）", 2, 5),
        label("资金来源", 2),
        *(label(word, width) for word, width in zip(words, (1, 2, 2, 1), strict=True)),
    )
    rates = {"total": "99.26%", "appropriation": "99.40%", "carryover": "99.70%", "other": "95.83%"}
    for source, text in (
        ("total", "年度资金总额"),
        ("appropriation", "其中：财政拨款"),
        ("carryover", "上年结转资金"),
        ("other", "其他资金"),
    ):
        found = project.fund(source)
        paper.line(label(text, 2), *(value(f"funds.{source}.{term}", found[term], width) for term, width in zip(("initial_budget", "annual_budget", "executed_amount"), (1, 2, 2), strict=True)),
                   value(f"funds.{source}.execution_rate", rates[source]))  # fmt: skip
    goals(paper, project, (2, 4, 4), "年度总体目标")
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
    named = {
        "weight": "参考分值",
        "target": "指标值（A）",
        "actual": "全年实际值（B）",
        "variance_explanation": "未完成原因分析及改进措施",
    }
    process = [
        ("决策（10分）|项目立项|立项依据充分性|定性|充分||已论证|5|5|"),
        ("决策（10分）|绩效目标|目标合理性|定性|合理||较合理|5|4|目标设置偏粗，下一步细化。"),
        ("管理（25分）|预算执行|预算执行率|≥|100|%|99.26|10|9.93|年末一笔货款未付，下一步加强支付进度管理。"),
        ("管理（25分）|组织实施|制度执行有效性|定性|有效||有效执行|15|15|"),
    ]
    rows = replace(project, rows=tuple(process)).glued()
    for row, weight, score in zip(
        project.glued(), ("7", "8", "9", "6", "16", "12", "7"), ("7", "8", "9", "5.62", "16", "10.5", "7"), strict=True
    ):
        row.update(weight=weight, score=score, level_1={"产出指标": "产出（30分）"}.get(row["level_1"], "效益（35分）"))
        rows.append(row)
    paper.line(label("绩效指标", 1, len(rows) + 1), *heads(columns, named))
    table(paper, columns, rows)
    paper.line(label("总分", 5), value("total_weight", "100"), blank(2), value("total_score", "97.05"), blank())
    paper.line(label("财政审核评分", 5), value("review_score", "95.5", 5))
    paper.gap()
    paper.line(note("注：1.预算执行率=全年执行数/调整后预算数。2.得分一档最高不能超过该指标分值上限。", 10))
    return Fixture("ningxia", "L6", paper, (Planted("M01", "funds.total.initial_budget"),))


def tianjin() -> Fixture:
    """L10: several goals, each with its own table of indicators and its share."""
    project = LIGHTS
    paper = Paper("部门整体绩效自评")
    paper.line(title("部门整体支出绩效自评表", 9))
    paper.line(note("预算年度：2022", 5), note("金额单位：万元", 4))
    paper.boxes[-2] = replace(paper.boxes[-2], kind="title", fields=("fiscal_year",), means=2022)
    paper.line(
        label("项目名称"),
        value("project_name", project.project_name, 3),
        label("主管部门"),
        value("supervising_department", project.supervising_department, 4),
    )
    paper.gap()
    columns = (
        ("level_3", 2),
        ("operator", 1),
        ("target", 1),
        ("actual", 1),
        ("unit", 1),
        ("weight", 1),
        ("score", 1),
        ("variance_explanation", 1),
    )
    named = {
        "level_3": "指标名称",
        "operator": "计算符号",
        "unit": "计量单位",
        "target": "指标值",
        "variance_explanation": "偏差原因",
    }
    rows = [{key: text for key, text in row.items() if key not in ("level_1", "level_2")} for row in project.split()]
    texts = ("更换节能灯具，按期完成改造道路。", "节约电费，改善夜间出行条件，群众满意。")
    first = 0
    for number, (count, text) in enumerate(((5, texts[0]), (5, texts[1])), 1):
        paper.line(
            label(f"年度绩效目标{number}"),
            Box(text=text, columns=5, kind="other", maybe=("goal", "expected_goal")),
            label("权重（%）"),
            other(("55", "45")[number - 1], 2),
        )
        paper.line(*heads(columns, named))
        table(paper, columns, rows[first : first + count], first=first)
        first += count
        paper.gap()
    paper.line(label("总分", 6), value("total_weight", "90"), value("total_score", "89.2"), blank())
    return Fixture("tianjin", "L10", paper, (Planted("S15", "indicators.1.score"),))


def guangxi() -> Fixture:
    """L11: 扣减分数, a short description for 定性 rows, a reason due from 130% on."""
    project = replace(
        WATER,
        rows=(*WATER.rows[:1], "产出指标|数量指标|检测水样数|≥|4460|份|6244|13|13|", *WATER.rows[2:]),
        faults=(
            Planted("S15", "indicators.3.score"),
            Planted("V01", "indicators.5.actual"),
            Planted("S14", "indicators.1.actual"),
        ),
    )
    paper = Paper("项目支出绩效自评表")
    paper.line(title("项目支出绩效自评表", 12))
    paper.line(title("（2023年度）", 12, year=True))
    paper.line(note("单位：万元", 12))
    paper.line(
        label("项目名称", 2),
        value("project_name", project.project_name, 4),
        label("项目编码", 2),
        value("project_code", "45122323T010000338", 4),
    )
    paper.line(
        label("主管部门", 2),
        value("supervising_department", project.supervising_department, 4),
        label("实施单位", 2),
        value("implementing_unit", project.implementing_unit, 4),
    )
    paper.gap()
    widths = (1, 2, 2, 1, 1, 1)
    words = ("年初预算数", "全年预算数", "全年执行数", "分值", "执行率", "得分")
    paper.line(
        label("项目资金\n（万元）", 2, 5),
        blank(2),
        *(label(word, width) for word, width in zip(words, widths, strict=True)),
    )
    for source, text in (
        ("total", "年度资金总额"),
        ("appropriation", "其中：当年财政拨款"),
        ("carryover", "上年结转资金"),
        ("other", "其他资金"),
    ):
        figures(paper, project, source, label(text, 2), widths)
    goals(paper, project, (2, 5, 5), "年度总体目标")
    paper.gap()
    columns = (
        ("level_1", 1),
        ("level_2", 1),
        ("level_3", 2),
        ("target", 1),
        ("actual", 1),
        ("description", 1),
        ("weight", 1),
        ("deduction", 1),
        ("score", 1),
        ("variance_explanation", 1),
    )
    named = {
        "description": "定性指标完成情况简述",
        "deduction": "扣减分数",
        "variance_explanation": "偏差原因分析及改进措施",
    }
    rows = []
    for at, row in enumerate(project.glued()):
        row["deduction"] = {3: "0", 5: "0"}.get(at, f"{Decimal(row['weight']) - Decimal(row['score'])}")
        row["description"] = "监测设备全年在线，数据上传正常。" if at == 6 else ""
        rows.append(row)
    paper.line(label("绩效指标", 1, len(rows) + 1), *heads(columns, named))
    table(paper, columns, rows)
    paper.line(
        label("总分", 8), value("total_weight", "100"), blank(), value("total_score", project.total_score), blank()
    )
    return Fixture("guangxi", "L11", paper, project.faults, "guangxi")


def fixtures() -> tuple[Fixture, ...]:
    return (sichuan(), hubei(), chongqing(), ningxia(), tianjin(), guangxi())


__all__ = ["Project", "fixtures", "foot"]
