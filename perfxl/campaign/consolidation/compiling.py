"""A season to the consolidated workbook as plain data, and the workbook read again once it is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from ...sheet import Workbook
from ...xlsx.figures import figures
from ..overview import local_moment
from .counting import Terms
from .overview import Frame, Places, groups_sheet, levels_of, projects_sheet
from .pictures import charts_sheet
from .season import Season
from .season_sheets import about_sheet, findings_sheet, left_out_sheet, rules_sheet
from .sums import Difference, sum_of
from .words import WHY

SECOND_WAY = (
    "合计复核：各单位、各部门的合计另由收回时留存的摘要用 SQL 精确相加，两路一致；"
    "写成后又从文件读回各列重新相加，一致。",
    "Sums checked twice: the kept digests, added up exactly by SQL, come to the same for every unit and department; "
    "and the columns, read back from the written file, add up to the same.",
)


def frame_of(season: Season, terms: Terms, lang: str, *, department: str, year: int, way: str | None) -> Frame:
    """What all sheets are made with."""
    at = 0 if lang == "zh" else 1
    title = (
        f"{department} {year} 年度项目支出绩效自评汇总表".strip(),
        f"{department} Project self-evaluations {year}, consolidated".strip(),
    )[at]
    about = (headline(season, terms, at), left_out(season, at), SECOND_WAY[at])
    return Frame(season=season, terms=terms, at=at, title=title, about=about, way=way, levels=levels_of(season))


def headline(season: Season, terms: Terms, at: int) -> str:
    """收回 n / m: how many were issued, came back, and count, and on what terms."""
    whole = sum_of("", season.projects, season.form)
    verdicts = [("通过", "passed"), ("有提示", "notes"), ("退回", "errors")]
    named = ("、", ", ")[at].join(
        pair[at] for status, pair in zip(("pass", "notes", "fail"), verdicts, strict=True) if status in terms.statuses
    )
    basis = (
        ("只计经审核通过的表", "only what was accepted counts")
        if terms.accepted_only
        else (f"计入核验结论为“{named}”的表和经审核通过的表", f"counted: verdicts {named}, and what was accepted")
    )[at]
    return (
        f"下发 {whole.issued} 个项目，收回 {whole.returned} 个，计入 {whole.counted} 个。"
        f"口径：{basis}。金额单位：{terms.unit}。",
        f"{whole.issued} projects issued, {whole.returned} returned, {whole.counted} counted; {basis}. "
        f"Amounts in {terms.unit}.",
    )[at]


def left_out(season: Season, at: int) -> str:
    """How many do not count, by reason."""
    why = Counter(each.why for each in season.projects if not each.counts)
    named = ("，", ", ")[at].join(f"{WHY[each][at]} {count}" for each, count in why.most_common())
    blank = sum_of("", season.projects, season.form).blank
    words = (
        f"未计入 {sum(why.values())} 个：{named}（逐个列在“未计入”）。" if why else "全部项目均已计入。",
        f"{sum(why.values())} do not count: {named} (each named on the sheet Not counted)."
        if why
        else "All projects count.",
    )[at]
    if blank:
        words += (
            f"其中 {blank} 个项目的预算数或执行数为空，空白不作 0。",
            f" {blank} of those counted leave budget or spending blank; a blank is no 0.",
        )[at]
    return words


def compiled(frame: Frame, when: str) -> Workbook:
    """The workbook. ``when`` is the newest moment that it knows of (UTC)."""
    season = frame.season
    counts = season.rule_counts()
    notes: tuple[tuple[str, str], ...] = (
        (frame.say("范围", "Scope"), frame.about[0]),
        (frame.say("未计入", "Not counted"), frame.about[1]),
        (frame.say("复核", "Checked"), frame.about[2]),
        (
            frame.say("金额", "Amounts"),
            frame.say(
                f"以{frame.terms.unit}计；用另一单位填报的表按小数点移四位精确换算，不四舍五入。"
                "空白不作 0；各项得分按表上所填，执行率由金额算出。",
                f"In {frame.terms.unit}; forms in the other unit are converted exactly, by moving the point four "
                "places. A blank is no 0; scores are as stated on the forms, rates follow from the amounts.",
            ),
        ),
        (
            frame.say("总分标红", "Total in red"),
            frame.say(
                "表上的总分与执行率得分、各级指标得分之和相差超过 0.01 分。",
                "The stated total and the sum of execution score and indicator scores differ by more than 0.01.",
            ),
        ),
        (
            frame.say("链接", "Links"),
            frame.say(
                "“收回的表”一列通向原件的总分单元格；工作簿与任务文件夹的相对位置变了，链接就打不开。",
                "The column Return leads to the cell of the total score in the original, as long as workbook and "
                "campaign folder keep their places.",
            ),
        ),
        (
            frame.say("数据截至", "As of"),
            local_moment(when) + frame.say("（北京时间）", " (Beijing time)")
            if when
            else frame.say("尚无收回的表", "nothing has come back"),
        ),
    )
    own = [each[frame.at] for each in season.notes]
    if own:
        rest = frame.say(
            "目标、实际完成情况、指标完成值和得分不能相加，留给部门填写。",
            "Goals, results, actual values and scores cannot be added up; they are left for the department.",
        )
        head = frame.say("部门汇总表", "Department's forms")
        notes = (*notes, *((head, text) for text in own[:50]), (head, rest))
    return Workbook(
        sheets=(
            projects_sheet(frame),
            groups_sheet(frame, "units"),
            groups_sheet(frame, "departments"),
            charts_sheet(frame, counts),
            left_out_sheet(frame),
            rules_sheet(frame, counts),
            findings_sheet(frame),
            about_sheet(frame, notes),
        )
    )


def newest(season: Season) -> str:
    """When the newest return came, ``""`` where none has."""
    came = [each.returned_at for each in season.projects] + [each.returned_at for each in season.beside]
    return max(came, default="")


def read_again(frame: Frame, path: Path) -> list[Difference]:
    """Where the columns of the written 汇总, added up from the file, do not come to what they should: the
    rows by themselves, and the total above them."""
    places = Places(frame)
    whole = sum_of("", frame.season.projects, frame.season.form)
    wanted = {
        places.initial: ("initial", whole.initial),
        places.annual: ("annual", whole.annual),
        places.executed: ("executed", whole.executed),
        places.total: ("total", whole.total),
    }
    sums, largest, totals = dict.fromkeys(wanted, Decimal(0)), dict.fromkeys(wanted, Decimal(0)), {}
    first, last = places.layout.first, places.layout.head + places.count
    for row, column, value in figures(path, 1):
        if column not in wanted:
            continue
        if first <= row <= last:
            sums[column] += value
            largest[column] += abs(value)
        elif row == places.layout.head - 1 and column != places.total:
            totals[column] = value
    return list(_apart(wanted, sums, totals, largest))


def _apart(
    wanted: dict[int, tuple[str, Decimal | None]], sums: dict[int, Decimal], totals: dict[int, Decimal],
    largest: dict[int, Decimal],
) -> Iterator[Difference]:  # fmt: skip
    for column, (figure, right) in wanted.items():
        right = right or Decimal(0)
        # exact to the 15 digits of a cell: more than that no file of this format holds
        room = largest[column] * Decimal("1e-14")
        for found in (sums[column], totals.get(column, right if figure == "total" or not right else Decimal(0))):
            if abs(found - right) > room:
                yield Difference(name="", figure=figure, first=right, second=found)
