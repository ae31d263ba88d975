"""The rules about narratives on invented sentences: what they must say, and where they must keep quiet.

The form is of 2023: 年初预算 500万元, 全年预算 450万元, 全年执行 430.5万元.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from perfxl.finding import Breach
from perfxl.form import load_form
from perfxl.number import read_target
from perfxl.prose import amounts, enumerations, mentions, role
from perfxl.record import FundingLine, Indicator, SelfEvaluation
from perfxl.rules import by_code
from perfxl.submission import TextField
from perfxl.validator import missing

FORM = load_form("shanghai")
TOTAL = FundingLine(
    source="total",
    initial_budget=Decimal(5_000_000),
    annual_budget=Decimal(4_500_000),
    executed_amount=Decimal(4_305_000),
)
CODES = ("N05", "N06", "N07", "N08", "N09", "N10")


def breaches(code: str, record: SelfEvaluation) -> list[Breach]:
    """What one rule says of a record."""
    rule = by_code(code)
    assert rule is not None
    if rule.over == "texts":
        text = TextField(field="actual_result", label="实际完成情况", text=record.actual_result or "", kind="narrative")
        return list(rule.function(text, FORM))
    if rule.applies is not None and not rule.applies(record, FORM):
        return []
    assert missing(rule, record, FORM) == []
    return list(rule.function(record, FORM))


def said(text: str, *rows: Indicator) -> list[str]:
    """The codes that speak of a result, one for each breach."""
    record = SelfEvaluation(
        fiscal_year=2023, currency_unit="元", funds=(TOTAL,), actual_result=text, indicators=tuple(rows)
    )
    return [code for code in CODES for _ in breaches(code, record)]


QUIET = (
    # budgets that are right, in either unit and at any precision
    "本项目年初预算500万元，年中调整为450万元。",
    "年初预算数5,000,000元，调整后预算数4500000元，均已落实。",
    "项目预算约500万元，资金及时到位。",
    "调整后预算为450万元。",
    "预算由500万元调减至450万元。",
    "本级财政安排专项资金500万元。",
    "全年预算450.00万元，实际支出430.50万元，执行率95.67%。",
    # parts of it
    "年初预算500万元，其中设备购置预算320万元，人员培训预算180万元。",
    "培训预算安排150万元，会议预算安排300万元。",
    "截至6月底已执行预算120万元，截至12月底全部完成。",
    "人均补贴标准每年预算1.2万元。",
    "上半年安排预算200万元，下半年安排预算250万元。",
    "为困难户发放补助资金共计36万元，惠及120户。",
    "采购设备合计84.6万元，节约资金5.4万元。",
    "2022年预算为380万元，2023年继续实施。",
    "上年结转资金合计20万元。",
    "带动社会投资1.2亿元。",
    # spending that is right
    "全年实际支出430.5万元。",
    "累计支出4,305,000元，其中培训费200万元，会议费230.5万元。",
    "上半年实际支出180万元，全年实际支出430.5万元。",
    "实际支出培训费200万元，实际支出会议费230.5万元。",
    "全年共支出约430万元。",
    # adjustments that are right, or only partly told
    "年中调减预算50万元。",
    "全年共调减预算50万元，主要因活动取消。",
    "活动类经费调减共计35万元，物资类经费调减15万元。",
    "上半年追加预算30万元，下半年调减预算80万元。",
    # amounts that are something else
    "2023年度预算安排资金500万元，实际到位资金450万元，实际支出430.5万元，结余19.5万元。",
    "已支付工程款200万元，剩余款项待验收后支付。",
    "项目实施以来累计支出1200万元。",
    "争取上级资金总计800万元，引进社会资本共计2000万元。",
    "审计核减工程款35万元。",
    "全年压减会议费预算20万元。",
    "全年压减“三公”经费20万元。",
    "年初预算500万元，追加50万元，调减100万元。",
    "本部门全年预算2300万元，本项目占比不到两成。",
    "项目三年总预算1500万元。",
    "合同金额480万元，按进度付款。",
    "预算执行率95.67%，高于序时进度。",
    # counts
    "共有党员120名，其中正式党员115名，预备党员5名，女党员60名。",
    "完成改造12个小区，涉及居民3600户，其中老旧小区9个，惠及居民3000户。",
    "发放奖金共30万元，其中一等奖3名各2万元，二等奖5名各1万元。",
    "共检查36次，其中1月3次，2月5次，其余月份28次。",
    "全年举办培训20场，其中线上8场、线下12场。",
    "共有在职职工100人，其中党员30人，女性45人。",
    "共走访企业60家，其中规上企业5家。",
    "服务老人1200人次，其中上门服务700人次，日间照料500人次。",
    "发放宣传册3万份，其中进社区1.8万份，进企业1.2万份。",
    "投入资金120万元，其中设备费80.5万元，材料费39.5万元。",
    "全年开展活动50场，其中讲座12场、展览8场等。",
    "共受理事项86件（其中当场办结50件，限期办结36件）。",
    # times
    "截至12月31日，全部任务完成。",
    "截至2022年10月已建成6个站点，2023年新增4个。",
    "新馆将于2024年3月开放。",
    "项目于3月启动，11月底通过验收。",
    "凡截至5月1日年满60周岁的居民均已纳入名册。",
    "考试将于每年10月举行，为即将于2024年1月施行的条例作准备。",
    "10月15日，市领导到即将完工的项目调研。",
    "2022年立项的改造工程今年全部完工。",
    "下一步将加强项目管理，优化经费使用。",
    # comparisons
    "接待量较2022年增长12%，满意度比2022年提高1.5个百分点。",
    "2022年较2021年增长5%，2023年较2022年增长6%。",
    "发病率较2022年同期下降10%。",
    "与2022年相比，投诉量同比减少三成。",
    "在全市率先完成任务，综合考核排名全区第一。",
    "第一季度完成招标，第二季度进场施工，考核位列第一方阵。",
    "自2021年以来持续推进，2023年建成站点12个。",
    "根据财预〔2022〕30号文件要求，2023年完成改造。",
)

HEARD = (
    ("项目专项经费总计480万元，全部到位。", ["N05"]),
    ("年初预算数为520万元，按计划执行。", ["N05"]),
    ("财政安排专项资金380万元用于设备更新。", ["N05"]),
    ("全年预算4,600,000元，资金使用规范。", ["N05"]),
    ("年初预算500万元，调整后预算470万元。", ["N05"]),
    ("本年预算批复450.6万元。", ["N05"]),
    ("全年实际支出450万元。", ["N06"]),
    ("本年累计支出43.05万元。", ["N06"]),
    ("预算执行440万元，执行率97.8%。", ["N06"]),
    ("全年共调减预算69.5万元，实际支出430.5万元。", ["N06"]),
    ("因任务增加，年度追加预算共计80万元。", ["N06"]),
    ("年中调减预算65万元。", ["N06"]),
    ("全年举办培训20场，其中线上8场、线下11场。", ["N07"]),
    ("共计391家，其中参评389家，不参评1家。", ["N07"]),
    ("共发放物资1,250份。其中，社区800份，学校460份。", ["N07"]),
    ("总投入120万元，其中设备费80万元，材料费35万元。", ["N07"]),
    ("受理事项共90件，包括咨询52件、投诉33件。", ["N07"]),
    ("截至10月底，已完成投资的八成。", ["N09"]),
    ("截至9月30日，共举办讲座12场。", ["N09"]),
    ("服务中心将于11月28日正式揭牌。", ["N09"]),
    ("剩余工程预计12月中旬完工。", ["N09"]),
    ("12月5日第三期培训班即将开班。", ["N09"]),
    ("截至2023年11月15日，累计服务居民3000人。", ["N09"]),
    ("场次较2022年同比增长12%，人次较2021年同比增长8%。", ["N10"]),
    ("接待量较2019年同比增长12%。", ["N10"]),
    ("场次较2022年增长12%，人次比2019年增长8%。", ["N10"]),
    ("2022年共举办培训40场，参训2000人次。", ["N10"]),
    ("综合考核全区排名第八，服务质量指数稳居全区第一。", ["N10"]),
)


@pytest.mark.parametrize("text", QUIET)
def test_nothing_is_said_of_what_is_right(text: str) -> None:
    assert said(text) == []


@pytest.mark.parametrize(("text", "codes"), HEARD)
def test_what_is_wrong_is_said_once(text: str, codes: list[str]) -> None:
    assert said(text) == codes


def test_both_units_and_half_a_unit_of_the_last_digit() -> None:
    (rough,) = amounts("预算480万")
    assert (rough.number, rough.slack) == (Decimal(4_800_000), Decimal(5_000))
    (fine,) = amounts("实际支出297.73万元")
    assert fine.is_about(Decimal("2977291.16"))
    assert not fine.is_about(Decimal("2977200"))
    (grouped,) = amounts("涉及经费2,266,480元")
    assert grouped.number == 2_266_480
    assert [each.number for each in amounts("核酸检测115万人次，服务3万余人")] == []


@pytest.mark.parametrize(
    ("text", "called"),
    [
        ("年初预算500万元", "budget"),
        ("500万元项目预算", "budget"),
        ("调整后预算数为450万元", "budget"),
        ("预算调减至450万元", "budget"),
        ("全年调减预算50万元", "adjusted"),
        ("全年实际支出430.5万元", "spent"),
        ("资金到位450万元", ""),
    ],
)
def test_what_an_amount_is_called(text: str, called: str) -> None:
    assert role(amounts(text)[0]) == called


def test_nested_totals_are_taken_in_their_own_units() -> None:
    text = "经费总计48万元，项目7个，其中甲类3个，涉及经费20万元；乙类4个，涉及经费28万元。"
    assert {each.unit: each.gap for each in enumerations(text)} == {"元": 0, "个": 0}


def test_counts_are_found_in_any_writing() -> None:
    assert mentions("参训1.2万人", Decimal(12000), "人")
    assert mentions("参训12,000人次", Decimal(12000), "人")
    assert not mentions("走访100家企业", Decimal(100), "场")
    assert not mentions("电话12345", Decimal(123), None)


def test_money_that_nobody_can_compare_is_not_run() -> None:
    rule = by_code("N05")
    assert rule is not None
    assert rule.applies is not None
    record = SelfEvaluation(fiscal_year=2023, funds=(FundingLine(source="total"),), actual_result="全年预算450万元")
    assert rule.applies(record, FORM)
    assert missing(rule, record, FORM) == ["total.initial_budget", "total.annual_budget"]
    silent = SelfEvaluation(fiscal_year=2023, funds=(FundingLine(source="total"),), actual_result="工作完成")
    assert not rule.applies(silent, FORM)


def rows(*actuals: str) -> tuple[Indicator, ...]:
    return tuple(Indicator(target=read_target(text), actual=read_target(text)) for text in actuals)


def test_results_are_looked_for_in_the_text() -> None:
    text = "全年举办讲座12场，走访居民380户，发放宣传品2600份。"
    assert said(text, *rows("12场", "380户", "2600份")) == []
    assert said(text, *rows("15场", "400户", "3000份")) == ["N08"]
    assert said(text, *rows("15场", "400户")) == []
    assert said(text, *rows("95%", "90%", "98%", "15场")) == []


def test_amounts_of_a_form_in_wan() -> None:
    line = FundingLine(
        source="total",
        initial_budget=Decimal("476.42"),
        annual_budget=Decimal("302.894"),
        executed_amount=Decimal("297.729116"),
    )
    record = SelfEvaluation(
        fiscal_year=2023, currency_unit="万元", funds=(line,), actual_result="全年预算302.89万元，实际支出297.73万元。"
    )
    assert breaches("N05", record) == breaches("N06", record) == []
