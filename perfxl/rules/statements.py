"""N 文字: what the narrative states, against itself and against the form."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import lru_cache

from ..finding import Breach, Fact, Rule, Severity, given, rule
from ..form import Form
from ..number import is_blank, neat, squeeze
from ..pattern import pattern
from ..prose import Amount, amounts, clauses, enumerations, is_part, mentions, role, says_whole, sentences
from ..record import Indicator, SelfEvaluation
from ..submission import TextField
from .values import is_satisfaction

_WAN = Decimal(10_000)


def _texts(record: SelfEvaluation) -> list[tuple[str, str]]:
    """Goal and result, where they are given."""
    pairs = (("expected_goal", record.expected_goal), ("actual_result", record.actual_result))
    return [(name, text) for name, text in pairs if text and not is_blank(text)]


def _numeric(row: Indicator) -> bool:
    return row.target is not None and row.target.number is not None


_BARE_NUMBER = pattern(r"[\d,.]+(?:%|万?元)?")
_SAID_FIGURE = pattern(r"\d|[一二两三四五六七八九十百千万]+(?:余|多)?(?:[个场次名人家项户件期批处份篇台套所]|万|成|倍)")


def _says_a_figure(text: str) -> bool:
    return any(letter.isdecimal() for letter in text) or _SAID_FIGURE.search(text) is not None


@rule(
    "N04",
    over="form",
    severity=Severity.WARNING,
    zh="{label}只有 {count} 字，没有说清楚。",
    en="{label} has {count} characters only: it says too little.",
    remedy=("请写明做了什么、做了多少、效果如何，并与指标一致。", "Say what was done, how much, and to what effect."),
    variants={
        "number": ("{label}只填了一个数“{actual}”。", "{label} is a bare number, “{actual}”."),
        "no_figure": (
            "表中有 {rows} 项定量指标，实际完成情况却没有一个数字。",
            "The form has {rows} numeric indicators, but the result in words holds no figure at all.",
        ),
    },
)
def narrative_substantial(record: SelfEvaluation, form: Form) -> Iterator[Breach]:
    """目标和完成情况应言之有物。 Goal and result say something.

    完成情况里没有数字的只作提示；预期目标里没有数字不算。

    A result without any figure is only noted; a goal without one is not.

    Pass: expected_goal=全年开展教师培训不少于一百场，参训教师满意度达到九成
    Fail: expected_goal=43.2
    Fail: actual_result=已完成各项任务。
    Fail: actual_result=各项工作按照计划有序推进，资金使用规范，效果较好，群众满意 indicators.target=5场,6场,90% indicators.weight=5,5,5
    """  # noqa: E501
    labels = {"expected_goal": form.expected_label, "actual_result": form.actual_label}
    for name, text in _texts(record):
        bare = squeeze(text)
        facts: dict[str, Fact] = {"label": labels[name], "count": len(bare)}
        if (bare[:1].isdecimal() or bare.startswith((",", "."))) and _BARE_NUMBER.fullmatch(bare):
            yield Breach(name, actual=text, facts=facts, variant="number")
        elif len(bare) < form.rules.narrative_characters:
            yield Breach(name, actual=text, facts=facts)
        elif name == "actual_result" and not _says_a_figure(bare):
            rows = sum(_numeric(row) for row in record.indicators)
            if rows >= form.rules.narrative_rows:
                yield Breach(name, severity=Severity.INFO, facts={"rows": rows}, variant="no_figure")


# ---- amounts of money ------------------------------------------------------------------------


def _in_yuan(amount: Decimal | None, record: SelfEvaluation) -> Decimal | None:
    """An amount of the form in 元, the unit of the text."""
    if amount is None:
        return None
    return amount * _WAN if (record.currency_unit or "").startswith("万") else amount


def _wholes(text: str, kinds: tuple[str, ...], record: SelfEvaluation) -> list[Amount]:
    """The amounts of a text that are called so and stand for the whole of the project."""
    return [each for each, kind in _named(text, record.fiscal_year) if kind in kinds]


@lru_cache(maxsize=16)
def _named(text: str, year: int | None) -> tuple[tuple[Amount, str], ...]:
    """The amounts of a text that have a name and are no part; two rules ask, each of them twice."""
    called = [(each, role(each)) for each in amounts(text)]
    return tuple((each, kind) for each, kind in called if kind and not is_part(each, year))


def _fits(each: Amount, known: Iterable[Decimal | None]) -> bool:
    return any(amount is not None and each.is_about(amount) for amount in known)


def _add_up(parts: list[Amount], known: Iterable[Decimal | None]) -> bool:
    """Whether several amounts together are one of those known."""
    whole, slack = sum((each.number for each in parts), Decimal(0)), sum((each.slack for each in parts), Decimal(0))
    return len(parts) > 1 and any(amount is not None and abs(whole - amount) <= slack for amount in known)


def _as_said(amount: Decimal | None) -> str | None:
    """An amount in 元 as a text says it: from 10,000 on in 万元."""
    if amount is None:
        return None
    return f"{neat(amount / _WAN)}万元" if abs(amount) >= _WAN else f"{neat(amount)}元"


def _names_a_budget(record: SelfEvaluation, form: Form) -> bool:
    return any(_wholes(text, ("budget",), record) for _, text in _texts(record))


_PLAINLY = pattern(r"(?:年初|全年|年度|调整后|总)(?:的)?预算|预算(?:数|总额|总计|合计)")


@rule(
    "N05",
    over="form",
    severity=Severity.WARNING,
    zh="文中的预算“{actual}”（{words}）与年初预算数 {initial}、全年预算数 {annual} 都不一致。",
    en="The budget of “{actual}” in the text ({words}) is neither the initial {initial} nor the annual {annual}.",
    remedy=("请核对文中的金额与资金栏，按同一口径填写。", "Make the amount in the text and the fund block agree."),
    needs=("total.initial_budget", "total.annual_budget"),
    applies=_names_a_budget,
)
def budget_in_words(record: SelfEvaluation, form: Form) -> Iterator[Breach]:
    """文中的预算数应与资金栏一致。 A budget in the text is one of the fund block.

    元与万元折算后比较，允许末位半个单位的出入；其中项、分类项、截至某月的数和上年的数不核验。

    Both currency units are brought together; half a unit of the last digit is allowed. Parts, amounts up to
    some month and those of other years are left alone.

    Pass: total.initial_budget=4764200 total.annual_budget=3028940 actual_result=年初预算476.42万元
    Pass: fiscal_year=2022 total.initial_budget=50 total.annual_budget=50 actual_result=2021年预算为350万元，继续实施
    Pass: total.initial_budget=500000 total.annual_budget=500000 actual_result=培训预算20万元，会议预算30万元
    Fail: total.initial_budget=4764200 total.annual_budget=3028940 actual_result=专项经费总计480万
    Fail: total.initial_budget=900000 total.annual_budget=900000 expected_goal=安排财政资金95万元用于设备更新
    """
    line = given(record.total)
    initial, annual = _in_yuan(line.initial_budget, record), _in_yuan(line.annual_budget, record)
    known = (initial, annual, _in_yuan(line.executed_amount, record))
    for name, text in _texts(record):
        named = _wholes(text, ("budget",), record)
        wrong = [each for each in named if not _fits(each, known)]
        if len(wrong) < len(named):
            # one of them is the budget: the others are parts of it, unless they say otherwise
            wrong = [each for each in wrong if _PLAINLY.search(each.before)]
        if _add_up(wrong, known):
            continue
        for each in {each.number: each for each in reversed(wrong)}.values():
            facts: dict[str, Fact] = {"words": _label(each), "initial": _as_said(initial), "annual": _as_said(annual)}
            yield Breach(name, expected=_as_said(annual), actual=each.text, facts=facts)


def _label(each: Amount) -> str:
    return f"{each.before[-12:]}{each.text}"


def _names_spending(record: SelfEvaluation, form: Form) -> bool:
    return any(_wholes(text, ("spent", "adjusted"), record) for _, text in _texts(record))


@rule(
    "N06",
    over="form",
    severity=Severity.WARNING,
    zh="文中的支出“{actual}”（{words}）与全年执行数 {expected} 不一致。",
    en="The spending of “{actual}” in the text ({words}) is not the executed amount {expected}.",
    remedy=("请核对文中的金额与资金栏，按同一口径填写。", "Make the amount in the text and the fund block agree."),
    needs=("total.initial_budget", "total.annual_budget", "total.executed_amount"),
    applies=_names_spending,
    variants={
        "adjusted": (
            "文中的预算调整“{actual}”（{words}）与年初、全年预算数之差 {expected} 不一致。",
            "The adjustment of “{actual}” in the text ({words}) is not the {expected} between the two budgets.",
        )
    },
)
def spending_in_words(record: SelfEvaluation, form: Form) -> Iterator[Breach]:
    """文中的支出数和调整数应与资金栏一致。 Spending and adjustment in the text are those of the fund block.

    分项、分阶段的调整不核验；没有花完的钱不是预算调减。

    Adjustments of parts or of some months are left alone. Money that was not spent is no budget cut.

    Pass: total.initial_budget=4764200 total.annual_budget=3028940 total.executed_amount=2977291.16 actual_result=服务群众经费实际支出297.73万元
    Pass: total.initial_budget=100000 total.annual_budget=100000 total.executed_amount=90000 actual_result=上半年实际支出4万元，全年实际支出9万元
    Fail: total.initial_budget=4764200 total.annual_budget=3028940 total.executed_amount=2977291.16 actual_result=全年共计调减预算182.27万元
    Fail: total.initial_budget=100000 total.annual_budget=100000 total.executed_amount=90000 actual_result=全年实际支出9.5万元
    """  # noqa: E501
    line = given(record.total)
    initial, annual, spent = (
        given(_in_yuan(amount, record)) for amount in (line.initial_budget, line.annual_budget, line.executed_amount)
    )
    for name, text in _texts(record):
        named = _wholes(text, ("spent",), record)
        wrong = [each for each in named if not each.is_about(spent)]
        if len(wrong) == len(named) and not _add_up(named, (spent,)):
            for each in {each.number: each for each in reversed(wrong)}.values():
                yield Breach(name, expected=_as_said(spent), actual=each.text, facts={"words": _label(each)})
        change = abs(annual - initial)
        for each in _adjustments(text, record):
            if not each.is_about(change):
                facts: dict[str, Fact] = {"words": _label(each)}
                yield Breach(name, expected=_as_said(change), actual=each.text, facts=facts, variant="adjusted")


_RAISED = ("调增", "追加", "核增")


def _adjustments(text: str, record: SelfEvaluation) -> list[Amount]:
    """The adjustments of the whole budget that can be judged: one that says so, or the only one."""
    named = _wholes(text, ("adjusted",), record)
    whole = [each for each in named if says_whole(each)]
    if whole:
        raised = [any(word in each.before for word in _RAISED) for each in whole]
        # raised here and cut there: only the balance could be compared
        return whole if all(raised) or not any(raised) else []
    return named if len(named) == 1 and "预算" in named[0].before else []


# ---- counts ------------------------------------------------------------------------------------


@rule(
    "N07",
    over="texts",
    severity=Severity.INFO,
    zh="{label}中“{total}”的各分项合计为 {sum}，相差 {gap}。",
    en="In {label}, the parts of “{total}” add up to {sum}, {gap} off.",
    remedy=("请核对总数与各分项。", "Check the total and its parts."),
)
def parts_add_up(text: TextField, form: Form) -> Iterator[Breach]:
    """“共…，其中…”的分项应等于总数。 The parts of an enumeration add up to its total.

    只核验同一单位、至少两个分项、且合计接近总数的；相差很大的多半不是完整的分项。

    Looked at where at least two parts are in the unit of the total and come near it: others are
    seldom meant to be all of it.

    Pass: kind=narrative text=全年共开展培训20场，其中线上8场、线下12场。
    Pass: kind=narrative text=现有职工100人，其中党员30人、女性45人。
    Pass: kind=narrative text=共支出50万元，其中培训费20.5万元、会议费29.5万元。
    Fail: kind=narrative text=全年共开展培训20场，其中线上8场、线下11场。
    Fail: kind=narrative text=总投入120万元，其中设备费80万元，材料费35万元。
    """
    if text.kind != "narrative" or not any(word in text.text for word in ("其中", "包括", "分别")):
        return
    for each in enumerations(text.text):
        whole = each.total - each.gap
        short = each.open and each.gap > 0
        if each.total > 0 and each.slack < abs(each.gap) <= form.rules.enumeration_gap * each.total and not short:
            facts: dict[str, Fact] = {"label": text.label, "total": f"{neat(each.total)}{each.unit}"}
            facts |= {"sum": f"{neat(whole)}{each.unit}", "gap": f"{neat(abs(each.gap))}{each.unit}"}
            yield Breach("", expected=f"{neat(each.total)}{each.unit}", actual=f"{neat(whole)}{each.unit}", facts=facts)


def _counted(record: SelfEvaluation, form: Form) -> list[Indicator]:
    """The rows whose result is a count: numeric, no percentage, no satisfaction."""
    return [
        row
        for row in record.indicators
        if row.actual is not None
        and row.actual.kind == "number"
        and not is_satisfaction(row, form)
        and not squeeze(row.level_3 or "").endswith(form.rules.rate_names)
    ]


@rule(
    "N08",
    over="form",
    severity=Severity.WARNING,
    zh="{rows} 项定量指标的完成值，实际完成情况中只提到 {said} 项：文字与指标对不上。",
    en="Of the results of {rows} counted indicators the text mentions {said} only: text and indicators part ways.",
    remedy=("请围绕下达的目标和指标写实际完成情况。", "Write the result along the goal and the indicators."),
    variants={
        "keyword": (
            "预期目标中的“{keyword}”，实际完成情况没有提到。",
            "The goal speaks of “{keyword}”, the result never does.",
        )
    },
)
def results_mentioned(record: SelfEvaluation, form: Form) -> Iterator[Breach]:
    """完成情况应写到各项指标。 The result in words speaks of the indicators.

    Pass: actual_result=全年举办讲座5场，走访60户，发放物资300份 indicators.actual=5场,60户,300份
    Pass: actual_result=工作有序推进 indicators.actual=5场,60户
    Fail: actual_result=全年工作有序推进，成效明显 indicators.actual=5场,60户,300份
    Fail: expected_goal=办好社区党校 actual_result=全年工作有序推进 form.goal_keywords=社区党校
    """
    text = record.actual_result
    if not text or is_blank(text):
        return
    rows = _counted(record, form)
    if len(rows) >= form.rules.mention_rows:
        values = [given(row.actual) for row in rows]
        said = sum(mentions(text, given(value.number), value.unit) for value in values)
        if said < form.rules.mention_share * len(rows):
            yield Breach("actual_result", facts={"rows": len(rows), "said": said})
    for keyword in form.rules.goal_keywords:
        if keyword in (record.expected_goal or "") and keyword not in text:
            yield Breach("actual_result", facts={"keyword": keyword}, variant="keyword")


# ---- times -------------------------------------------------------------------------------------

_MONTH = r"(?:(?P<year>20\d\d)年(?:度)?)?(?P<month>1[0-2]|0?[1-9])月(?:份)?(?:[0-3]?\d[日号]|[上中下]旬|底|末|初)?+"
_COMING = pattern(rf"(?:将于|拟于|将在|计划于|预计于?|力争于?){_MONTH}")
_SOON = pattern(rf"{_MONTH}[^。；;！!？?\n]{{0,40}}?(?:即将|将要)(?![^。；;，,\n]{{0,12}}的)")
_AS_OF = pattern(
    rf"截[至止]到?(?:目前)?[（(]?{_MONTH}[）)]?(?!年满|以前|前的|出生|新增)(?:[，,:：]|[^。；;，,\n]{{0,12}}?(?:已|共|累计|完成|实现|执行|支出))"
)
_AT_YEAR_END = pattern(r"截[至止]到?(?:20\d\d年)?(?:12月|年[底末])|全年(?:共|累计|实际)|年[底末]已")


def _within(found: re.Match[str] | None, record: SelfEvaluation) -> bool:
    """Whether the time found lies in the year of the form; one without a year does."""
    return found is not None and (found["year"] is None or int(found["year"]) == record.fiscal_year)


@rule(
    "N09",
    over="form",
    severity=Severity.WARNING,
    zh="实际完成情况写“{actual}”，是年度结束之前写的，不是全年的结果。",
    en="The result says “{actual}”: it was written before the year was over and is no annual result.",
    remedy=("请按全年的最终结果改写。", "Write down the final result of the year."),
)
def result_of_the_whole_year(record: SelfEvaluation, form: Form) -> Iterator[Breach]:
    """完成情况应为全年结果。 The result is that of the whole year.

    “将于”“即将”之后是本年度的日期，或只截至年中某月的，都是年中写的；一处文字只说一次。

    A date of the year after 将于 or 即将, or a result up to some month, was written before its end.
    One finding a text.

    Pass: actual_result=截至6月底完成过半，截至12月底全部完成
    Pass: actual_result=新馆将于2024年3月开放 fiscal_year=2023
    Pass: actual_result=截至2022年7月1日年满60周岁的老人均已纳入 fiscal_year=2022
    Fail: actual_result=新馆将于11月28日揭牌
    Fail: actual_result=截至9月30日，已完成40场
    Fail: actual_result=10月底第三期课程即将开讲
    """
    text = record.actual_result or ""
    if "月" not in text:
        return
    found = next((each for kind in (_COMING, _SOON) for each in kind.finditer(text) if _within(each, record)), None)
    if found is None and not _AT_YEAR_END.search(text):
        as_of = (each for each in _AS_OF.finditer(text) if _within(each, record) and int(each["month"]) < 12)
        found = next(as_of, None)
    if found is not None:
        yield Breach("actual_result", actual=found.group()[:40])


_COMPARED = pattern(r"(?:较|比|相比|同比|与)(?P<year>20\d\d)年(?P<rest>[^，,。；;\n]{0,24})")
_MOVES = pattern(r"增|减|升|降|提高|翻|上涨|回落")
_FIRST = pattern(r"(?:位居|稳居|名列|位列|排名|排|居|获)[^，,。；;\n]{0,8}第一(?!季|期|批|次|阶|线|书记|名额|届|场)")
_OTHER_RANK = pattern(r"(?:排名|位列|名列|位居)[^，,。；;\n]{0,6}第(?!一(?!百|千)|1(?!\d))[一二三四五六七八九十百\d]+")
_ITS_YEAR = pattern(r"(?:^|[。；;\n])\s*(?:<p>)?(?P<year>20\d\d)年(?:度)?(?=[，,全共我本各举开完累实])")
_THIS_YEAR = pattern(r"今年|本年|当年")
_ANY_YEAR = pattern(r"(?<![〔\[\d])(?P<year>20\d\d)年(?!以来|起|印发|发布|出台|成立|底?前|至|[-—~])")


def _gaps(text: str, year: int | None) -> Iterator[tuple[str, int, int, bool]]:
    """Comparisons with another year: sentence, base year, years between, whether called 同比."""
    for sentence in sentences(text):
        if "年" not in sentence or not any(word in sentence for word in ("较", "比", "与")):
            continue
        subject, at = year, 0
        for found in _COMPARED.finditer(sentence):
            own = [int(each["year"]) for each in _ANY_YEAR.finditer(sentence[at : found.start()])]
            subject, at = (own[-1] if own else subject), found.end()
            if subject is not None and _MOVES.search(found["rest"]):
                base = int(found["year"])
                yield sentence, base, subject - base, "同比" in found.group()


def _speaks_of_other_years(record: SelfEvaluation) -> int | None:
    """The year that the result is written for, where that is earlier than the form's."""
    text, year = record.actual_result or "", record.fiscal_year
    own = _ITS_YEAR.search(text) if "年" in text and "20" in text else None
    if year is None or own is None or _THIS_YEAR.search(text):
        return None
    compared = {found.start("year") for found in _COMPARED.finditer(text)}
    years = [int(each["year"]) for each in _ANY_YEAR.finditer(text) if each.start("year") not in compared]
    return max(years) if years and max(years) < year else None


@rule(
    "N10",
    over="form",
    severity=Severity.WARNING,
    zh="同一段比较用了不同的基年（{years}），或“同比”的不是上一年：“{actual}”。",
    en="One passage compares with different base years ({years}), or says 同比 of a year "
    "other than the last: “{actual}”.",
    remedy=("请统一比较的基年和口径，写本年度的结果。", "Compare with one base year, and report the year of the form."),
    variants={
        "years": (
            "同一句里与 {years} 两个年份比较，请确认口径一致：“{actual}”。",
            "One sentence compares with {years}; make sure that is meant: “{actual}”.",
        ),
        "rank": (
            "同一段里既说“第一”（{actual}）又说“{other}”，请确认各指什么。",
            "One paragraph says both first (“{actual}”) and “{other}”; make clear what each refers to.",
        ),
        "other_year": (
            "表的年度是 {year}，文字写的却是 {actual} 年。",
            "The form is of {year}, but the text is written for {actual}.",
        ),
    },
)
def comparisons_consistent(record: SelfEvaluation, form: Form) -> Iterator[Breach]:
    """比较的口径应一致。 Comparisons have one base.

    一处文字只说一次，先说重的：基年不一，再是年度不符，最后是名次。

    One finding a text, the gravest first.

    Pass: fiscal_year=2023 actual_result=场次较2022年增长12%，人次较2022年增长8%
    Pass: fiscal_year=2023 actual_result=2022年较2021年增长5%，2023年较2022年增长6%
    Fail: fiscal_year=2023 actual_result=场次较2022年同比增长12%，人次较2021年同比增长8%
    Fail: fiscal_year=2023 actual_result=接待量较2019年同比增长12%
    Fail: fiscal_year=2023 actual_result=场次较2022年增长12%，人次较2019年增长8%
    Fail: fiscal_year=2023 actual_result=2022年共举办培训40场，参训2000人
    Fail: fiscal_year=2023 actual_result=综合考核全区排名第八，其中服务质量稳居全区第一
    """
    text, name = record.actual_result or "", "actual_result"
    by_sentence: dict[str, list[tuple[int, int, bool]]] = {}
    for sentence, base, gap, same_period in _gaps(text, record.fiscal_year):
        by_sentence.setdefault(sentence, []).append((base, gap, same_period))
    mild: Breach | None = None
    for sentence, found in by_sentence.items():
        years = sorted({base for base, _, _ in found})
        said = any(same_period for _, _, same_period in found)
        facts: dict[str, Fact] = {"years": "、".join(str(year) for year in years)}
        if said and any(gap != 1 for _, gap, _ in found):
            yield Breach(name, actual=_around(sentence), facts=facts)
            return
        if len({gap for _, gap, _ in found}) > 1:
            mild = mild or Breach(name, actual=_around(sentence), severity=Severity.INFO, facts=facts, variant="years")
    other = _speaks_of_other_years(record)
    if other is not None:
        yield Breach(name, actual=str(other), facts={"year": record.fiscal_year}, variant="other_year")
    elif mild is not None:
        yield mild
    else:
        yield from _ranks(text)


def _around(sentence: str) -> str:
    """The part of a sentence that compares."""
    found = _COMPARED.search(sentence)
    start = max(0, found.start() - 10) if found else 0
    return sentence[start : start + 60]


def _ranks(text: str) -> Iterator[Breach]:
    if "第一" not in text or not any(word in text for word in ("排名", "位列", "名列", "位居")):
        return
    for paragraph in text.split("\n"):
        first, other = _FIRST.search(paragraph), _OTHER_RANK.search(paragraph)
        if first and other:
            facts: dict[str, Fact] = {"other": other.group()}
            yield Breach("actual_result", actual=first.group(), severity=Severity.INFO, facts=facts, variant="rank")
            return


# ---- the text itself ---------------------------------------------------------------------------


@rule(
    "N11",
    over="texts",
    severity=Severity.WARNING,
    zh="{label}有 {count} 字，超过 {most} 字。",
    en="{label} has {count} characters, more than {most}.",
    remedy=("请精简文字，突出目标和结果。", "Shorten the text to goal and result."),
)
def narrative_not_too_long(text: TextField, form: Form) -> Iterator[Breach]:
    """文字不宜过长。 A narrative is no longer than the form allows.

    Pass: kind=narrative text=全年开展培训20场
    Fail: kind=narrative text=全年开展培训{4001}
    """
    most = form.goal_characters
    if text.kind == "narrative" and len(text.text) > most and len(squeeze(text.text)) > most:
        yield Breach("", facts={"label": text.label, "count": len(squeeze(text.text)), "most": most})


@rule(
    "N12",
    over="texts",
    severity=Severity.INFO,
    zh="{label}中“{actual}”疑为“{expected}”之误。",
    en="In {label}, “{actual}” looks like a slip for “{expected}”.",
    remedy=("请通读并改正文字。", "Read the text through and correct it."),
    variants={
        "repeated": ("{label}中“{actual}”写了两遍。", "{label} says “{actual}” twice."),
    },
    preview=True,
)
def words_spelt_right(text: TextField, form: Form) -> Iterator[Breach]:
    """文字不应有错别字和重复。 No known slip, no clause that stands twice.

    错别字表是数据（typos），难免误报，所以只在加 --preview 时核验；一处文字各只说一次。

    The list of slips is data and may accuse in vain: the rule runs with ``--preview`` only.

    Pass: kind=narrative text=组织志愿者开展核酸采样
    Fail: kind=narrative text=组织居民开展核算采样
    Fail: kind=narrative text=组织愿者开展活动
    Fail: kind=narrative text=坚持以人民为中心的发展思想，全年开展活动，坚持以人民为中心的发展思想
    """
    if text.kind not in ("narrative", "reason"):
        return
    words, label = text.text, text.label
    for wrong, right in form.rules.typos:
        if wrong in words and words.count(wrong) > words.count(right) * right.count(wrong):
            yield Breach("", expected=right, actual=wrong, facts={"label": label})
    seen: set[str] = set()
    for sentence in sentences(words):
        for clause in clauses(sentence):
            bare = squeeze(clause)
            if len(bare) >= form.rules.repeated_characters and bare in seen:
                yield Breach("", actual=bare, facts={"label": label}, variant="repeated")
                return
            seen.add(bare)


RULES: tuple[Rule, ...] = (
    narrative_substantial,
    budget_in_words,
    spending_in_words,
    parts_add_up,
    results_mentioned,
    result_of_the_whole_year,
    comparisons_consistent,
    narrative_not_too_long,
    words_spelt_right,
)
