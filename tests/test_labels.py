"""Forms that somebody typed: read by their labels, wherever these stand and however they are written.

Every input of the form has a value of its own, so that a record that comes out equal is one in which
nothing was credited to another field.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

import pytest
from records_made import filled, issued, workbook_bytes

from perfxl.form import form_ids, load_form
from perfxl.number import read_amount, read_target
from perfxl.reading import read_submissions
from perfxl.record import FundingLine, Indicator, SelfEvaluation
from perfxl.rejection import Rejected
from perfxl.sheet import Area, Cell, Sheet, Workbook, a1
from perfxl.submission import Submission
from perfxl.xlsx.reader import read_workbook

sys.path.insert(0, str(Path(__file__).parent.parent / "samples"))

import make

Place = tuple[int, int]

DISTINCT: make.Form = {
    "id": "distinct",
    "title": "财政项目支出绩效自评表",
    "year_line": "(2023 年度)",
    "project_name": "滨江绿道改造",
    "supervising_department": "临江区绿化和市容管理局",
    "implementing_unit": "临江区绿道建设中心",
    "total": ["6001.01", "6002.02", "5,403.03", "10", "90.02%", "9.01"],
    "appropriation": ["1001.11", "1002.12", "903.13", "—", "", ""],
    "carryover": ["2001.21", "2002.22", "1803.23", "—", "", ""],
    "other": ["2998.69", "2997.68", "2696.67", "—", "", ""],
    "expected_goal": "改造绿道21公里，新增休憩点22处。",
    "actual_result": "改造绿道23公里，新增休憩点24处。",
    "total_weight": "100.5",
    "total_score": "88.88",
    "indicators": [
        ["产出指标", "数量指标", "改造长度", "31公里", "32公里", "3.1", "3.2", "原因甲一"],
        ["产出指标", "数量指标", "休憩点数量", "41处", "42处", "4.1", "4.2", "原因甲二"],
        ["产出指标", "质量指标", "验收合格率", "≥51%", "52%", "5.1", "5.2", "原因乙一"],
        ["产出指标", "时效指标", "完工时间", "6月底前", "7月上旬", "6.1", "6.2", "原因丙一"],
        ["效益指标", "社会效益指标", "惠及居民", "71人", "72人", "7.1", "7.2", "原因丁一"],
        ["效益指标", "社会效益指标", "投诉件数", "≤81件", "82件", "8.1", "8.2", "原因丁二"],
        ["满意度指标", "服务对象满意度指标", "居民满意度", "91%", "92%", "9.1", "9.2", "原因戊一"],
    ],
}  # fmt: skip


def listed(form: make.Form, name: str) -> list[str]:
    values = form[name]
    assert isinstance(values, list)
    return values


def said_by(form: make.Form) -> SelfEvaluation:
    """The form's values as they must be read, total lines as they were typed."""

    def number(text: str) -> Decimal | None:
        amount = read_amount(text)
        return amount.number if amount else None

    terms = ("initial_budget", "annual_budget", "executed_amount", "weight", "execution_rate", "score")
    lines = [
        FundingLine(source=source, reason=None, **dict(zip(terms, map(number, listed(form, source)), strict=True)))
        for source in make.SOURCES
    ]
    rows = [
        Indicator(
            level_1=row[0],
            level_2=row[1],
            level_3=row[2],
            target=read_target(row[3]),
            actual=read_target(row[4]),
            weight=number(row[5]),
            score=number(row[6]),
            variance_explanation=row[7] or None,
        )
        for row in make.indicator_rows(form)
    ]
    return SelfEvaluation(
        fiscal_year=int(str(form["year_line"])[1:5]),
        project_name=str(form["project_name"]),
        supervising_department=str(form["supervising_department"]),
        implementing_unit=str(form["implementing_unit"]),
        currency_unit="元",
        funds=tuple(lines),
        expected_goal=str(form["expected_goal"]),
        actual_result=str(form["actual_result"]),
        indicators=tuple(rows),
        total_weight=number(str(form["total_weight"])),
        total_score=number(str(form["total_score"])),
    )


@lru_cache(maxsize=1)
def plain() -> Sheet:
    """The form as it is usually typed, in the layout of the published ones."""
    return read_workbook(make.printed(DISTINCT)).sheets[0]


EXPECTED = said_by(DISTINCT)
FORMS = [DISTINCT, *make.forms()]


def read(*sheets: Sheet, **options: bool) -> list[Submission]:
    return read_submissions(Workbook(sheets=sheets), **options)  # type: ignore[arg-type]


def record_in(sheet: Sheet) -> SelfEvaluation:
    (submission,) = read(sheet)
    assert submission.form_reason == "labels"
    return submission.record


# ---- ways to type the same form --------------------------------------------------------------


def changed(sheet: Sheet, change: Callable[[Place, Cell], Cell]) -> Sheet:
    return replace(sheet, cells={place: change(place, cell) for place, cell in sheet.cells.items()})


def texts_changed(sheet: Sheet, change: Callable[[str], str]) -> Sheet:
    """All texts of up to twenty characters rewritten; labels are among them."""

    def rewrite(place: Place, cell: Cell) -> Cell:
        if not isinstance(cell.value, str) or len(cell.value) > 20:
            return cell
        return text_cell(change(cell.value), cell)

    return changed(sheet, rewrite)


def text_cell(text: str, like: Cell) -> Cell:
    return replace(like, value=text, text=text, number_format="@")


def moved(sheet: Sheet, where: Callable[[int], int], across: Callable[[int], int] = lambda column: column) -> Sheet:
    """Rows and columns carried elsewhere, merges with them."""
    return replace(
        sheet,
        cells={(where(row), across(column)): cell for (row, column), cell in sheet.cells.items()},
        merges=tuple(
            Area(where(area.top), across(area.left), where(area.bottom), across(area.right)) for area in sheet.merges
        ),
    )


def shifted(sheet: Sheet) -> Sheet:
    return moved(sheet, lambda row: row + 7, lambda column: column + 3)


def labels_only(sheet: Sheet, change: Callable[[str], str]) -> Sheet:
    """The printed words rewritten, the answers left alone."""
    words = {cell.text for cell in sheet.cells.values()} & PRINTED
    return texts_changed(sheet, lambda text: change(text) if text in words else text)


PRINTED = {
    "财政项目支出绩效自评表", "(2022 年度)", "(2023 年度)", "项目名称", "主管部门", "实施单位", "项目资金\n（元）",
    "年度总体目标", "预期目标", "实际完成情况", "绩\n效\n指\n标", "总分", *make.FUND_HEAD, *make.FUND_LABELS,
    *make.INDICATOR_HEAD,
}  # fmt: skip


def spread_by_spaces(sheet: Sheet) -> Sheet:
    return labels_only(sheet, lambda text: " ".join(text))


def spread_by_wide_spaces_and_lines(sheet: Sheet) -> Sheet:
    return labels_only(sheet, lambda text: "\u3000" + "\n".join(text) + "\u3000")


def in_full_width(sheet: Sheet) -> Sheet:
    """Brackets, digits, signs of labels and answers typed with a Chinese keyboard."""
    wide = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
    return texts_changed(sheet, lambda text: text.translate(wide) if text in PRINTED else text)


def with_colons(sheet: Sheet) -> Sheet:
    return labels_only(sheet, lambda text: text + "：")


def in_other_words(sheet: Sheet) -> Sheet:
    words = {
        "主管部门": "主管单位",
        "实施单位": "项目单位",
        "年初预算数": "年初预算",
        "全年预算数": "调整后预算数",
        "全年执行数": "执行数",
        "年度资金总额": "资金总额",
        "其中：当年财政拨款": "其中:财政拨款",
        "上年结转资金": "上年结转",
        "预期目标": "年初设定目标",
        "实际完成情况": "全年实际完成情况",
        "三级指标": "指标名称",
        "年度指标值": "指标值",
        "实际完成值": "全年完成值",
        "偏差原因分析及改进措施": "偏差原因",
        "总分": "合计",
    }
    return labels_only(sheet, lambda text: words.get(text, text))


def without_merges(sheet: Sheet) -> Sheet:
    """Each value in its first cell, the levels once for several rows."""
    return replace(sheet, merges=())


def levels_on_every_row(sheet: Sheet) -> Sheet:
    cells = dict(sheet.cells)
    for area in sheet.merges:
        if area.left in (2, 3) and area.left == area.right:
            cells.update(
                {(row, area.left): sheet.cell(area.top, area.left) for row in range(area.top, area.bottom + 1)}
            )
    return replace(sheet, cells=cells, merges=())


def every_column_twice_as_wide(sheet: Sheet) -> Sheet:
    """Each column of old now merged over two."""
    wide = moved(sheet, lambda row: row, lambda column: 2 * column - 1)
    areas = {area.corner: area._replace(right=area.right + 1) for area in wide.merges}
    areas |= {place: Area(*place, place[0], place[1] + 1) for place in wide.cells if place not in areas}
    return replace(wide, merges=tuple(areas.values()))


def blank_rows_between(sheet: Sheet) -> Sheet:
    """A blank row behind the heading, each block, and after every second indicator."""
    after = (2, 4, 9, 16, 19, 21, 23, 24)
    return moved(sheet, lambda row: row + sum(1 for each in after if row > each))


def with_serial_numbers(sheet: Sheet) -> Sheet:
    """A column of their own in front of the names of the indicators."""
    wider = moved(sheet, lambda row: row, lambda column: column if column < 4 else column + 1)
    merges = tuple(
        area._replace(right=area.right - 1) if area.right == 4 and area.left > 1 else area for area in wider.merges
    )
    numbers: dict[Place, Cell] = {(17, 4): Cell(value="序号", text="序号")}
    numbers |= {(row, 4): Cell(value=Decimal(row - 17), text=str(row - 17)) for row in range(18, 25)}
    return replace(wider, cells={**wider.cells, **numbers}, merges=merges)


def figures_as_text(sheet: Sheet) -> Sheet:
    """Every number typed as text, percentages and separators with it."""
    return changed(sheet, lambda place, cell: text_cell(cell.text, cell) if isinstance(cell.value, Decimal) else cell)


def figures_as_written_by_hand(sheet: Sheet) -> Sheet:
    """Grouped, with a unit, in full width, with a blank before."""

    def by_hand(place: Place, cell: Cell) -> Cell:
        if not isinstance(cell.value, Decimal) or "%" in cell.number_format:
            return cell
        grouped = f"{cell.value:,}"
        if 6 <= place[0] <= 9 and place[1] < 7:
            return text_cell(f" {grouped}元", cell)
        return text_cell(grouped.translate({code: code + 0xFEE0 for code in range(0x30, 0x3A)}), cell)

    return changed(sheet, by_hand)


def with_a_sign_off_and_remarks(sheet: Sheet) -> Sheet:
    """Words around the form that are no part of it."""
    last = max(row for row, _ in sheet.cells)
    words = {(last + 1, 1): "填表说明：本表一式两份。", (last + 2, 1): "注：金额单位以元计，保留两位小数。"}
    return replace(
        shifted(
            replace(
                sheet, cells={**sheet.cells, **{place: Cell(value=text, text=text) for place, text in words.items()}}
            )
        ),
        name="附件1",
    )


WAYS: tuple[Callable[[Sheet], Sheet], ...] = (
    shifted,
    spread_by_spaces,
    spread_by_wide_spaces_and_lines,
    in_full_width,
    with_colons,
    in_other_words,
    without_merges,
    levels_on_every_row,
    every_column_twice_as_wide,
    blank_rows_between,
    with_serial_numbers,
    figures_as_text,
    figures_as_written_by_hand,
    with_a_sign_off_and_remarks,
)


# ---- read by labels --------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS, ids=lambda form: str(form["id"]))
def test_a_form_as_printed_is_read_by_its_labels(form: make.Form) -> None:
    (submission,) = read_submissions(read_workbook(make.printed(form)))
    assert submission.record == said_by(form)
    assert (submission.form.id, submission.form_reason, submission.compared) == ("shanghai", "labels", False)
    assert submission.missing == ()
    assert submission.not_understood == ()


def without_serials(record: SelfEvaluation) -> SelfEvaluation:
    """A serial number is read where somebody added one; the rest is the same form."""
    return replace(record, indicators=tuple(replace(row, serial=None) for row in record.indicators))


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_the_same_form_typed_differently_says_the_same(way: Callable[[Sheet], Sheet]) -> None:
    sheet = way(plain())
    assert sheet != plain()
    assert without_serials(record_in(sheet)) == EXPECTED


def test_serial_numbers_are_read_as_such() -> None:
    rows = record_in(with_serial_numbers(plain())).indicators
    assert [row.serial for row in rows] == ["1", "2", "3", "4", "5", "6", "7"]


@pytest.mark.parametrize("first", WAYS, ids=lambda way: way.__name__)
def test_two_ways_at_once_say_the_same(first: Callable[[Sheet], Sheet]) -> None:
    """Ways that move rows and columns come last: the others know the layout."""
    for second in (spread_by_spaces, every_column_twice_as_wide, shifted):
        if first not in (shifted, every_column_twice_as_wide, blank_rows_between, with_a_sign_off_and_remarks):
            assert without_serials(record_in(second(first(plain())))) == EXPECTED, second.__name__


def test_everything_at_once_says_the_same() -> None:
    sheet = plain()
    for way in (in_other_words, figures_as_written_by_hand, levels_on_every_row, blank_rows_between,
                every_column_twice_as_wide, shifted):  # fmt: skip
        sheet = way(sheet)
    assert record_in(sheet) == EXPECTED


def test_every_value_is_read_from_the_cell_where_it_was_typed() -> None:
    """A finding names a cell; it must be the one."""
    (submission,) = read(plain())
    for field, cell in submission.cells.items():
        if cell.cell.text:
            assert plain().cells[place_of(cell.cell_name)].text == cell.cell.text, field
    at = {field: cell.cell_name for field, cell in submission.cells.items()}
    assert (at["project_name"], at["implementing_unit"]) == ("B3", "F4")
    assert (at["funds[0].annual_budget"], at["funds[3].executed_amount"]) == ("E6", "F9")
    assert (at["indicators[0].level_1"], at["indicators[3].level_1"]) == ("B18", "B18")
    assert (at["indicators[6].actual"], at["total_score"]) == ("F24", "H25")


def place_of(name: str) -> Place:
    return next(place for place in plain().cells if a1(*place) == name)


# ---- a blank stays a blank -------------------------------------------------------------------


def inputs() -> Iterable[str]:
    (submission,) = read(plain())
    for field, cell in submission.cells.items():
        if cell.cell.text and not field.endswith((".level_1", ".level_2")):
            yield field


def without(record: SelfEvaluation, field: str) -> SelfEvaluation:
    """The record with one field blank."""
    head, _, term = field.partition(".")
    if not term:
        return replace(record, **{field: None})  # type: ignore[arg-type]
    name, _, number = head.rstrip("]").partition("[")
    rows = list(getattr(record, name))
    rows[int(number)] = replace(rows[int(number)], **{term: None})
    return replace(record, **{name: tuple(rows)})  # type: ignore[arg-type]


@pytest.mark.parametrize("way", [shifted, without_merges, every_column_twice_as_wide], ids=lambda way: way.__name__)
def test_a_field_left_blank_is_blank_and_no_neighbour_is_taken_for_it(way: Callable[[Sheet], Sheet]) -> None:
    wrong = {}
    (submission,) = read(plain())
    for field in inputs():
        place = place_of(submission.cells[field].cell_name)
        cells = {each: cell for each, cell in plain().cells.items() if each != place}
        found = record_in(way(replace(plain(), cells=cells)))
        if found != without(EXPECTED, field):
            wrong[field] = place
    assert not wrong


def test_a_row_without_levels_belongs_to_those_above() -> None:
    rows = record_in(without_merges(plain())).indicators
    assert [row.level_1 for row in rows] == ["产出指标"] * 4 + ["效益指标"] * 2 + ["满意度指标"]
    assert [row.level_2 for row in rows[:4]] == ["数量指标", "数量指标", "质量指标", "时效指标"]


# ---- which sheets are forms ------------------------------------------------------------------


def a_sheet(name: str, *texts: str) -> Sheet:
    return Sheet(name=name, cells={(row, 1): Cell(value=text, text=text) for row, text in enumerate(texts, 1)})


COVER = a_sheet("封面", "财政项目支出绩效自评", "2023年度", "报送单位：临江区")
LIST = a_sheet("汇总", "项目名称", "主管部门", "得分", "总分")


def test_the_form_is_found_on_the_second_sheet() -> None:
    (submission,) = read(COVER, replace(shifted(plain()), name="表一"), LIST)
    assert (submission.sheet, submission.record) == ("表一", EXPECTED)


def test_several_forms_in_one_workbook_come_in_order() -> None:
    sheets = [
        replace(read_workbook(make.printed(form)).sheets[0], name=f"表{number}") for number, form in enumerate(FORMS)
    ]
    submissions = read(COVER, *sheets[:2], LIST, *sheets[2:])
    assert [submission.sheet for submission in submissions] == ["表0", "表1", "表2", "表3"]
    assert [submission.record for submission in submissions] == [said_by(form) for form in FORMS]


def test_a_very_hidden_sheet_is_nobodys_return() -> None:
    (submission,) = read(plain(), replace(shifted(plain()), name="旧表", visibility="veryHidden"))
    assert submission.sheet == plain().name


@pytest.mark.parametrize("sheets", [(COVER,), (LIST,), (COVER, LIST), (Sheet(name="空表", cells={}),)])
def test_a_workbook_without_a_form_is_refused(sheets: tuple[Sheet, ...]) -> None:
    with pytest.raises(Rejected) as raised:
        read(*sheets)
    assert (raised.value.code, raised.value.where) == ("NOT_OUR_FORM", sheets[0].name)


def test_a_form_without_a_stamp_is_refused_where_only_stamped_ones_count() -> None:
    with pytest.raises(Rejected) as raised:
        read(plain(), stamped_only=True)
    assert raised.value.code == "NOT_OUR_FORM"


def as_stored(record: SelfEvaluation) -> SelfEvaluation:
    """Rates to twelve decimals: a stored result is a binary double, our own is not."""
    lines = [
        replace(line, execution_rate=line.execution_rate and line.execution_rate.quantize(Decimal("1e-12")))
        for line in record.funds
    ]
    return replace(record, funds=tuple(lines))


@pytest.mark.parametrize("form_id", form_ids())
def test_our_own_form_retyped_without_names_and_stamp_is_read_by_its_labels(form_id: str) -> None:
    """Copied into a new workbook: the same record, told by the labels, the right form among those that ship."""
    form = load_form(form_id)
    data = workbook_bytes(form, [issued(form)], [filled(form, issued(form))])
    workbook = read_workbook(data)
    (stamped,) = read_submissions(workbook)
    assert read_submissions(workbook, stamped_only=True)[0].record == stamped.record
    bare = replace(workbook.sheets[0], names={}, constants={})
    (submission,) = read(bare)
    assert (submission.form.id, submission.form_reason, submission.stamp) == (form_id, "labels", None)
    assert as_stored(submission.record) == as_stored(stamped.record)
    assert submission.missing == ()
