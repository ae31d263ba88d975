"""Sibling stages: L12 目标申报表, L13 运行监控表, and the transfer-payment form without scores."""

from __future__ import annotations

from dataclasses import replace

from .content import LIGHTS, RIVER, WATER
from .national import heads
from .paper import Box, Fixture, Paper, blank, label, maybe, note, other, table, title, value


def target_declaration() -> Fixture:
    """L12: goal and targets only; what the year will bring nobody knows yet."""
    project = RIVER
    paper = Paper("项目支出绩效目标申报表", currency_unit="元")
    paper.line(title("财政项目支出绩效目标申报表", 8))
    paper.line(title("（2023年度）", 8, year=True))
    paper.line(
        label("项目名称", 2),
        value("project_name", project.project_name, 2),
        label("项目类别", 2),
        other("其他一次性项目", 2),
    )
    paper.line(
        label("主管部门", 2),
        value("supervising_department", project.supervising_department, 2),
        label("实施单位", 2),
        value("implementing_unit", project.implementing_unit, 2),
    )
    paper.line(label("计划开始日期", 2), other("2023-01-01", 2), label("计划完成日期", 2), other("2023-12-31", 2))
    paper.gap()
    pairs = (("项目资金总额", "total", "6221000.00", "年度资金申请总额", "5184000.00"),
             ("其中：财政资金", "appropriation", "5621000.00", "其中：当年财政拨款", "4684000.00"),
             ("其他资金", "other", "600000.00", "上年结转资金", "360000.00"))  # fmt: skip
    paper.line(
        label("项目资金\n（元）", 2, 3),
        label(pairs[0][0], 2),
        other(pairs[0][2]),
        label(pairs[0][3], 2),
        maybe("initial_budget", pairs[0][4]),
    )
    for words, _, amount, second, own in pairs[1:]:
        paper.line(label(words, 2), other(amount), label(second, 2), maybe("initial_budget", own))
    paper.gap()
    paper.line(label("总体目标", 2, 2), label("项目总目标", 3), label("年度绩效目标", 3))
    paper.line(other("三年内全区河道保洁全覆盖，水面整洁。", 3), value("expected_goal", project.expected_goal, 3))
    paper.gap()
    columns = (("level_1", 1), ("level_2", 2), ("level_3", 3), ("target", 2))
    rows = [
        {key: text for key, text in row.items() if key in ("level_1", "level_2", "level_3", "target")}
        for row in project.glued()
    ]
    paper.line(*heads(columns, {"target": "年度指标值"}))
    table(paper, columns, rows)
    paper.gap()
    paper.line(note("填报人：", 4), note("单位负责人：", 4))
    return Fixture("target_declaration", "L12", paper, stage="target")


def monitoring() -> Fixture:
    """L13: figures of January to September, an outlook for the year; no score."""
    project = LIGHTS
    paper = Paper("监控表")
    paper.line(title("项目支出绩效运行监控表", 11))
    paper.line(title("（2022年度）", 11, year=True))
    paper.line(label("项目名称"), value("project_name", project.project_name, 10))
    paper.line(
        label("主管部门"),
        value("supervising_department", project.supervising_department, 4),
        label("实施单位", 2),
        value("implementing_unit", project.implementing_unit, 4),
    )
    paper.gap()
    paper.line(
        label("项目资金\n（万元）", 1, 4),
        blank(3),
        label("年初预算数", 2),
        label("1～9月执行数", 2),
        label("1～9月执行率", 2),
        label("全年预计执行数"),
    )
    for source, words, figures in (
        ("total", "年度资金总额", ("860.50", "561.20", "65.22%", "828.00")),
        ("appropriation", "其中：本年财政拨款", ("700.50", "452.00", "64.53%", "680.00")),
        ("other", "其他资金", ("160.00", "109.20", "68.25%", "148.00")),
    ):
        paper.line(
            label(words, 3), value(f"funds.{source}.initial_budget", figures[0], 2), maybe("executed_amount", figures[1], 2),
            maybe("execution_rate", figures[2], 2), other(figures[3]),
        )  # fmt: skip
    paper.gap()
    paper.line(label("年度\n总体\n目标"), value("expected_goal", project.expected_goal, 10))
    paper.gap()
    rows = project.glued()
    columns = (
        ("level_1", 1),
        ("level_2", 1),
        ("level_3", 1),
        ("target", 1),
        ("-so_far", 1),
        ("-outlook", 1),
        ("-reason", 1),
        ("-sure", 1),
        ("-possible", 1),
        ("remark", 1),
    )
    named = {
        "-so_far": "1～9月完成值",
        "-outlook": "全年预计完成值",
        "-reason": "偏差原因分析",
        "-sure": "确定能完成",
        "-possible": "有可能完成",
        "remark": "备注",
    }
    done = ("902", "11", "98.8%", "22小时", "3070元", "60.2万元", "初步改善", "41.5万千瓦时", "制定中", "")
    for row, so_far in zip(rows, done, strict=True):
        for key in ("actual", "weight", "score", "variance_explanation"):
            del row[key]
        row.update(
            {
                "-so_far": so_far,
                "-outlook": row["target"].lstrip("≥≤="),
                "-reason": "",
                "-sure": "√",
                "-possible": "",
                "remark": "",
            }
        )
    paper.line(label("绩\n效\n指\n标", 1, len(rows) + 1), *heads(columns, named))
    table(paper, columns, rows)
    paper.boxes = [
        replace(box, maybe=("actual",)) if box.kind == "other" and box.text in done and box.text else box
        for box in paper.boxes
    ]
    paper.boxes = [
        replace(box, maybe=("variance_explanation",)) if box.text == "偏差原因分析" else box for box in paper.boxes
    ]
    return Fixture("monitoring", "L13", paper, stage="monitoring")


def transfer() -> Fixture:
    """转移支付区域（项目）绩效自评表: a checklist of how the money was managed, no 分值 and no 得分."""
    project = WATER
    paper = Paper("区域绩效自评表")
    paper.line(title("附件1", 9))
    paper.line(title("转移支付区域（项目）绩效自评表", 9))
    paper.line(title("（2023年度）", 9, year=True))
    paper.line(label("转移支付（项目）名称", 2), value("project_name", project.project_name, 7))
    paper.line(label("中央主管部门", 2), other("水利部门", 7))
    paper.boxes[-1] = replace(paper.boxes[-1], maybe=("supervising_department",))
    paper.line(
        label("地方主管部门", 2),
        Box(text=project.supervising_department, columns=3, kind="value", maybe=("supervising_department",)),
        label("资金使用单位", 2),
        value("implementing_unit", project.implementing_unit, 2),
    )
    paper.gap()
    paper.line(
        label("资金投入情况\n（万元）", 2, 5),
        blank(2),
        label("全年预算数（A）", 2),
        label("全年执行数（B）"),
        label("预算执行率（B/A×100%）", 2),
    )
    lines = (("total", "年度资金总额：", ("148.20", "141.05", "95.18%")), ("central", "其中：中央财政资金", ("98.00", "94.20", "96.12%")),
             ("local", "地方资金", ("38.20", "37.45", "98.04%")), ("other", "其他资金", ("12.00", "9.40", "78.33%")))  # fmt: skip
    for source, words, figures in lines:
        paper.line(
            label(words, 2), value(f"funds.{source}.annual_budget", figures[0], 2), value(f"funds.{source}.executed_amount", figures[1]),
            value(f"funds.{source}.execution_rate", figures[2], 2),
        )  # fmt: skip
    paper.gap()
    checks = (
        "分配科学性",
        "下达及时性",
        "拨付合规性",
        "使用规范性",
        "执行准确性",
        "预算绩效管理情况",
        "支出责任履行情况",
    )
    paper.line(
        label("资金管理情况", 2, len(checks) + 1), blank(2), label("情况说明", 3), label("存在问题和改进措施", 2)
    )
    for at, check in enumerate(checks):
        paper.line(label(check, 2), other(f"按规定执行，{check}符合要求（第{at + 1}项）。", 3), other("无", 2))
    paper.gap()
    paper.line(label("总体目标完成情况", 2, 2), label("总体目标", 4), label("全年实际完成情况", 3))
    paper.line(value("expected_goal", project.expected_goal, 4), value("actual_result", project.actual_result, 3))
    paper.gap()
    columns = (
        ("level_1", 1),
        ("level_2", 1),
        ("level_3", 2),
        ("target", 1),
        ("actual", 1),
        ("variance_explanation", 2),
    )
    rows = project.glued()
    rows[3]["variance_explanation"] = "汛期道路中断，部分结果推迟公布；下一步增设备用送检路线。"
    for row in rows:
        del row["weight"], row["score"]
    named = {"target": "指标值", "actual": "全年实际完成值", "variance_explanation": "未完成原因和改进措施"}
    paper.line(label("绩效指标", 1, len(rows) + 1), *heads(columns, named))
    table(paper, columns, rows)
    paper.line(
        label("说明", 2), note("请在此处简要说明各级审计和财政监督中发现的问题及其所涉及的金额，如没有请填无。", 7)
    )
    return Fixture("transfer", "transfer", paper, stage="transfer")


def fixtures() -> tuple[Fixture, ...]:
    return (target_declaration(), monitoring(), transfer())
