"""C 跨表: what only the forms of a batch side by side can show.

Examples give one form after the other, parted by ``|``; ``issued:`` begins what was issued.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..finding import Breach, Fact, Rule, Severity, rule
from ..form import Form
from ..groups import ClaimMet, Copies, Register, Returns, Summary, Thing, UnitForms, YearAfter
from ..number import half_up, neat

Facts = dict[str, Fact]
_SHOWN = 10  # names in one message


@rule(
    "H04",
    over="returns",
    severity=Severity.ERROR,
    needs=("implementing_unit", "project_name"),
    zh="{unit}的“{project}”（{year}年度）有 {forms} 份表，内容有 {versions} 种；哪一份更新，仅凭文件无法判断。",
    en="{unit} returned “{project}” ({year}) {forms} times with {versions} different contents; the files do not "
    "tell which is newer.",
    remedy=(
        "请与单位核实，只保留应采用的一份后重新核验。",
        "Ask the unit which one counts, keep that one only, and check again.",
    ),
    variants={
        "same": (
            "{unit}的“{project}”（{year}年度）有 {forms} 份表，内容相同。",
            "{unit} returned “{project}” ({year}) {forms} times, all the same.",
        )
    },
)
def one_form_a_project(returns: Returns, form: Form) -> Iterator[Breach]:
    """同一单位、项目、年度只应有一份表。 One form for each unit, project and year.

    A project counted twice makes every sum over the batch wrong.

    Pass: unit=甲 project=道路养护 year=2022 | unit=甲 project=绿化 year=2022
    Pass: unit=甲 project=道路养护 year=2022 | unit=甲 project=道路养护 year=2021
    Fail: unit=甲 project=道路养护 total=90 | unit=甲 project=道路养护 total=95
    Fail: unit=甲 project=道路养护 result=完成 | unit=甲 "project=道路 养护" result=完成
    """
    facts: Facts = {
        "unit": returns.unit,
        "project": returns.project,
        "year": returns.year,
        "forms": returns.forms,
        "versions": returns.versions,
    }
    yield Breach("", expected=1, actual=returns.forms, facts=facts, variant="same" if returns.versions == 1 else "")


@rule(
    "M14",
    over="units",
    severity=Severity.INFO,
    needs=("implementing_unit", "annual_budget", "executed_amount"),
    zh="{unit}的 {rates} 个项目中有 {full} 个执行数恰好等于全年预算数（执行率 100%）。",
    en="{full} of {rates} projects of {unit} spent exactly the annual budget (100%).",
    remedy=(
        "请抽查全年预算数是否按执行数倒调，并核对决算。",
        "See whether budgets were cut down to the spending; compare with the accounts.",
    ),
)
def rates_not_all_full(unit: UnitForms, form: Form) -> Iterator[Breach]:
    """一个单位的项目不应几乎全部恰好执行 100%。 Hardly all projects of a unit spend exactly 100%.

    Pass: unit=甲 annual=9 executed=9 | unit=甲 annual=8 executed=8 | unit=甲 annual=7 executed=6.99
    Pass: unit=甲 annual=9 executed=9 | unit=甲 annual=8 executed=8
    Fail: unit=甲 annual=9 executed=9 | unit=甲 annual=8 executed=8 | unit=甲 annual=7 executed=7
    """
    limits = form.rules
    if unit.is_department or unit.rates < limits.full_rate_forms:
        return
    if unit.full_rates > limits.full_rate_share * unit.rates:
        facts: Facts = {"unit": unit.name, "rates": unit.rates, "full": unit.full_rates}
        yield Breach("rate_places", actual=unit.full_rates, facts=facts)


@rule(
    "N11",
    over="copies",
    severity=Severity.WARNING,
    zh="{forms} 份不同项目的表，实际完成情况雷同：较短的文字至少有 {share}% 也在另一份里。",
    en="{forms} forms of different projects tell the same results: at least {share}% of the shorter text stands in "
    "the other.",
    remedy=(
        "请按本项目的实际完成情况分别填写。",
        "Describe what this project achieved, in its own words and figures.",
    ),
)
def text_not_copied(copies: Copies, form: Form) -> Iterator[Breach]:
    """实际完成情况不应照搬另一项目的文字。 Results are not copied from another project.

    Names of unit and project are left out of the comparison.

    Pass: form.copied_text_characters=20 project=道路 result=完成养护一百二十公里，更换路灯八百盏，群众来电减少。
        | project=绿化 result=补种行道树三百株，修剪绿篱二十公里，新建口袋公园两处，居民反映良好。
    Pass: project=道路 result=全部完成。 | project=绿化 result=全部完成。
    Fail: form.copied_text_characters=20 project=道路 result=按照计划有序推进各项工作，道路任务全部完成，效果良好。
        | project=绿化 result=按照计划有序推进各项工作，绿化任务全部完成，效果很好。
    """
    if not copies.whole:
        share = half_up(copies.share * 100, 0)
        yield Breach("", actual=share, facts={"forms": copies.forms, "share": neat(share)})


@rule(
    "C01",
    over="summaries",
    severity=Severity.ERROR,
    zh="“{project}”的部门汇总表{column}为 {actual} 元，本批 {units} 份单位表合计 {expected} 元，相差 {difference} 元。",
    en="The department's form of “{project}” gives {column} as {actual} yuan; the {units} forms of its units here add "
    "up to {expected} yuan, {difference} yuan apart.",
    remedy=(
        "请先看单位表是否收齐，再核对汇总表与各单位表的金额。",
        "See whether all units' forms are here, then compare the amounts one by one.",
    ),
)
def units_add_up(summary: Summary, form: Form) -> Iterator[Breach]:
    """各单位金额之和应等于部门汇总数。 The units' amounts add up to the department's.

    A summary is a form whose unit or project says 汇总, or whose unit is the department itself; it is
    compared with the forms of that department's units for the same project and year.

    Pass: department=教育局 unit=教育局(汇总) project=校舍维修 annual=30
        | department=教育局 unit=一小 project=校舍维修 annual=10
        | department=教育局 unit=二小 project=校舍维修 annual=20
    Pass: department=教育局 unit=教育局 project=办公经费 annual=30
        | department=教育局 unit=一小 project=校舍维修 annual=10
    Fail: department=教育局 unit=教育局(汇总) project=校舍维修 annual=31
        | department=教育局 unit=一小 project=校舍维修 annual=10
        | department=教育局 unit=二小 project=校舍维修 annual=20
    Fail: department=教育局 unit=教育局 project=校舍维修 executed=30.02
        | department=教育局 unit=一小 project=校舍维修 executed=10
        | department=教育局 unit=二小 project=校舍维修 executed=20
    """
    tolerance = form.rules.summary_tolerance_wan if summary.wan else form.rules.money_tolerance
    if abs(summary.stated - summary.total) > tolerance:
        label = next((each.label for each in form.money_columns if each.term == summary.column), summary.column)
        yield Breach(
            "",
            expected=summary.total,
            actual=summary.stated,
            facts={"project": summary.project, "column": label, "units": summary.units},
        )


@rule(
    "C02",
    over="copies",
    severity=Severity.WARNING,
    zh="{forms} 份不同项目的表，实际完成情况、完成值和得分完全相同。",
    en="{forms} forms of different projects have the same results, the same actual values and the same scores.",
    remedy=(
        "请核实是否误用了另一项目的表，并按本项目的实际情况填写。",
        "See whether another project's form was sent by mistake; fill in what this project achieved.",
    ),
)
def block_not_copied(copies: Copies, form: Form) -> Iterator[Breach]:
    """不同项目的完成情况、完成值和得分不应完全相同。 No two projects share text, actual values and scores.

    Pass: project=道路 result=全部完成 actuals=90%,10个 scores=10,5
        | project=绿化 result=全部完成 actuals=90%,11个 scores=10,5
    Fail: project=道路 result=全部完成 actuals=90%,10个 scores=10,5
        | project=绿化 result=全部完成 actuals=90%,10个 scores=10,5
    """
    if copies.whole:
        yield Breach("", actual=copies.forms, facts={"forms": copies.forms})


@rule(
    "C03",
    over="things",
    severity=Severity.WARNING,
    needs=("implementing_unit",),
    zh="{owner}的各表所说的{thing}数量不一致：{numbers}。",
    en="The forms of {owner} count {thing} differently: {numbers}.",
    remedy=("请核实实际数量，并统一各表的说法。", "Find out how many there are, and say the same in all forms."),
)
def same_thing_same_number(thing: Thing, form: Form) -> Iterator[Breach]:
    """同一事物的数量在各表中应一致。 The same thing is counted alike in all forms.

    Counts stand in the narratives (48个居民区) and in rows with a bare number. Numbers far apart count
    parts of the whole, and are left alone; so are different units' own things.

    Pass: unit=街道 project=服务 result=共有48个居民区
        | unit=街道 project=居委经费 rows=经费保障数 targets=48 actuals=48
    Pass: unit=街道 result=共有48个居民区 | unit=街道 result=在12个居民区开展
    Pass: unit=街道 result=共有48个居民区 | unit=镇 result=共有49个居民区
    Fail: unit=街道 project=服务 result=共有48个居民区
        | unit=街道 project=居委经费 rows=经费保障数 targets=49 actuals=49
    Fail: department=区 unit=街道 result=辖区内35家幼儿园 | department=区 unit=教育局 result=全区36家幼儿园
    """
    numbers = "、".join(f"{number}（{project}）" for number, project in thing.numbers[:_SHOWN])
    low, high = thing.numbers[0][0], thing.numbers[-1][0]
    yield Breach("", expected=low, actual=high, facts={"owner": thing.owner, "thing": thing.name, "numbers": numbers})


@rule(
    "C04",
    over="registers",
    severity=Severity.ERROR,
    zh="下发 {expected} 份，收回 {actual} 份，还缺 {count} 份：{missing}。",
    en="{expected} were issued, {actual} came back; missing {count}: {missing}.",
    remedy=("请向未交的单位催收。", "Remind the units that have not returned theirs."),
    variants={
        "strangers": (
            "有 {count} 份表不在下发清单里（单位、项目或年度对不上）。",
            "{count} forms are not on the list of what was issued (unit, project or year differ).",
        )
    },
)
def all_issued_came_back(register: Register, form: Form) -> Iterator[Breach]:
    """下发的表应全部收回。 All forms that were issued have come back.

    Pass: unit=甲 project=道路 | issued: unit=甲 project=道路
    Fail: unit=甲 project=道路 | issued: unit=甲 project=道路 | issued: unit=乙 project=绿化
    Fail: unit=甲 project=道路 | unit=丙 project=道路 | issued: unit=甲 project=道路
    """
    if register.missing:
        shown = "；".join(register.missing[:_SHOWN]) + ("…" if len(register.missing) > _SHOWN else "")
        facts: Facts = {"count": len(register.missing), "missing": shown}
        yield Breach("", expected=register.issued, actual=register.returned, facts=facts)
    if register.strangers:
        yield Breach("", severity=Severity.WARNING, facts={"count": register.strangers}, variant="strangers")


@rule(
    "C05",
    over="units",
    severity=Severity.INFO,
    needs=("implementing_unit", "total_score"),
    zh="{unit}的 {totals} 份表总分全部为满分。",
    en="All {totals} forms of {unit} have the full total.",
    remedy=("建议抽查评分依据。", "Look into some of them: what are the scores based on?"),
    variants={
        "even": (
            "{unit}的 {totals} 份表总分几乎相同，标准差只有 {deviation}。",
            "The totals of the {totals} forms of {unit} hardly differ: their standard deviation is {deviation}.",
        )
    },
)
def totals_tell_apart(unit: UnitForms, form: Form) -> Iterator[Breach]:
    """各项目的总分应有区分。 Totals tell projects apart.

    Pass: unit=甲 total=100 | unit=甲 total=100 | unit=甲 total=99
    Pass: unit=甲 total=100 | unit=甲 total=100
    Fail: unit=甲 total=100 | unit=甲 total=100 | unit=甲 total=100
    Fail: *10 unit=甲 total=98.5
    """
    limits = form.rules
    if not unit.is_department and unit.totals >= limits.full_totals_forms and unit.totals == unit.full_totals:
        yield Breach("total_places", facts={"unit": unit.name, "totals": unit.totals})
    elif unit.totals >= limits.even_totals_forms and unit.variance < limits.even_totals_deviation**2:
        deviation = neat(half_up(max(unit.variance, 0 * unit.variance).sqrt(), 2))
        facts: Facts = {"unit": unit.name, "totals": unit.totals, "deviation": deviation}
        yield Breach("total_places", facts=facts, variant="even")


@rule(
    "C06",
    over="claims",
    severity=Severity.INFO,
    zh="“{project}”：“{quote}”，占全年执行数 {actual} 元的 {share}%；其余 {rest}%（{left} 元）集中在此后支出。",
    en="“{project}”: “{quote}” is {share}% of the {actual} yuan of the year; the other {rest}% ({left} yuan) were "
    "spent after that.",
    remedy=("请说明年末集中支出的原因。", "Explain why so much was spent at the end of the year."),
    variants={
        "more": (
            "“{project}”：“{quote}”，已超过全年执行数 {actual} 元。",
            "“{project}”: “{quote}” is more than the {actual} yuan of the whole year.",
        )
    },
)
def earlier_figure_fits(claim: ClaimMet, form: Form) -> Iterator[Breach]:
    """阶段执行数应与全年执行数相称。 What was spent by a date fits what was spent in the year.

    The figure stands in a narrative and belongs to the project that is named before it.

    Pass: unit=甲 year=2022 project=党建 result=党组织服务群众专项经费截至10月18日已执行80万元
        | unit=甲 year=2022 project=党组织服务群众经费 executed=1000000
    Pass: unit=甲 year=2022 project=党建 result=截至6月底，本项目已支出20万元 executed=1000000
    Pass: unit=甲 year=2022 project=党建 result=截至10月18日，各居民区已支出20万元 executed=1000000
    Fail: unit=甲 year=2022 project=党建 result=党组织服务群众专项经费截至10月18日已执行40万元
        | unit=甲 year=2022 project=党组织服务群众经费 executed=1000000
    Fail: unit=甲 year=2022 project=党建 result=1-7月，本项目累计支出120万元 executed=1000000
    """
    facts: Facts = {"project": claim.project, "quote": claim.quote}
    if claim.amount > claim.executed + form.rules.money_tolerance:
        yield Breach(
            "", expected=claim.amount, actual=claim.executed, severity=Severity.WARNING, facts=facts, variant="more"
        )
    elif (claim.month, claim.day) >= (9, 30) and claim.executed > 0:
        left = claim.executed - claim.amount
        if left > form.rules.late_spending * claim.executed:
            share = half_up(claim.amount / claim.executed * 100, 2)
            more: Facts = {"share": share, "rest": 100 - share, "left": half_up(left, 2)}
            yield Breach("", expected=claim.amount, actual=claim.executed, facts={**facts, **more})


@rule(
    "C07",
    over="years",
    severity=Severity.WARNING,
    needs=("implementing_unit", "project_name"),
    zh="“{project}”的“{name}”{year}年度指标值 {actual} 低于上年实际完成值 {expected}。",
    en="“{name}” of “{project}”: the target of {year}, {actual}, is below last year's result, {expected}.",
    remedy=("请说明调低的理由，或按上年水平设定指标值。", "Give the reason, or set the target by last year's result."),
    variants={
        "carried": (
            "“{project}”{year}年度上年结转资金 {actual} 元，多于上年未执行的 {expected} 元。",
            "“{project}” carries {actual} yuan into {year}, but only {expected} yuan were left of the year before.",
        )
    },
)
def next_year_follows(after: YearAfter, form: Form) -> Iterator[Breach]:
    """本年指标值和结转数应与上年衔接。 A year's targets and carry-over follow from the year before.

    Runs where a project's forms of two years are in one batch.

    Pass: unit=甲 project=培训 year=2021 rows=培训场次 actuals=10场
        | unit=甲 project=培训 year=2022 rows=培训场次 targets=10场
    Fail: unit=甲 project=培训 year=2021 rows=培训场次 actuals=10场
        | unit=甲 project=培训 year=2022 rows=培训场次 targets=8场
    Fail: unit=甲 project=培训 year=2021 annual=10 executed=9 | unit=甲 project=培训 year=2022 carried=2
    """
    facts: Facts = {"project": after.project, "name": after.name, "year": after.year}
    if after.carried:
        if after.now > after.before + form.rules.money_tolerance:
            yield Breach("", expected=after.before, actual=after.now, facts=facts, variant="carried")
    elif after.now < after.before:
        yield Breach("", expected=after.before, actual=after.now, facts=facts)


RULES: tuple[Rule, ...] = (
    one_form_a_project,
    rates_not_all_full,
    text_not_copied,
    units_add_up,
    block_not_copied,
    same_thing_same_number,
    all_issued_came_back,
    totals_tell_apart,
    earlier_figure_fits,
    next_year_follows,
)
