"""The short ways that spare a regular expression say what the expression says."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from perfxl import claims, copying, formula, layout, number, prose, stamp
from perfxl.rules import deviations, header
from perfxl.sheet import area_from_a1
from perfxl.xlsx import cells, markup, parts, reader, worksheet

few = settings(max_examples=150, deadline=None, derandomize=True)


@few
@given(st.text("0123456789.,%-万亿场次≥<百分之５²٣ ", max_size=8))
def test_a_plain_figure_is_read_as_any_figure(text: str) -> None:
    plain = number._plain_figure(text)
    if plain is not None:
        assert plain == number._figure(text)


@few
@given(st.text("0123年月季度底前及时完成-./第一全当", max_size=8))
def test_no_time_is_overlooked(text: str) -> None:
    assert number._is_time(text) == bool(number._TIME.fullmatch(text))


@few
@given(st.text(st.characters(codec="utf-8") | st.sampled_from("\u200b\ufeff\u2060\u3000\x1f\x85 "), max_size=12))
def test_closing_up_takes_out_spaces_and_invisible_characters(text: str) -> None:
    assert number._close_up(text) == number._SPACES.sub("", text)


@few
@given(st.text("0123456789.-+eE", max_size=12))
def test_a_plain_number_of_a_file(text: str) -> None:
    right = re.fullmatch(r"-?(?:0|[1-9][0-9]{0,8})(?:\.[0-9]{0,5}[1-9])?", text, re.ASCII)
    assert cells._is_plain(text) == bool(right)
    try:
        assert str(number.from_double(text))
    except ValueError:
        assert not number._STORED.fullmatch(text) or "e" in text.lower()


@few
@given(st.text("AZa0129$Ł٣", max_size=6))
def test_a_place(text: str) -> None:
    right = re.fullmatch(r"([A-Z]{1,3})([1-9][0-9]{0,6})", text, re.ASCII)
    try:
        row, column = cells.place_of(text)
    except ValueError:
        assert right is None or (int(right[2]), right[1].rjust(3)) > (1_048_576, "XFD") or right[1] > "XFD"
    else:
        assert right is not None
        assert row == int(right[2])
        assert column >= 1


@few
@given(st.text('#0?,.;"[]\\_* %@万GeneralRed', max_size=10))
def test_a_number_format(text: str) -> None:
    section = re.sub(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.', "", text).split(";", 1)[0]
    whole = section.partition(".")[0]
    how = number.read_format(text)
    if section.lower() == "general" or "@" in section or not re.search(r"[0#?]", section):
        assert how == number.Format(False, None, False)
    else:
        assert how.grouped == bool(re.search(r"[0#?],[0#?]", whole))
        assert how.percent == ("%" in section)


MOMENTS = [
    "截至",
    "截止到",
    "2022年",
    "10月18日",
    "12月底",
    "1-",
    "1至",
    "7月",
    "前三",
    "季度",
    "上半年",
    "，",
    "。",
    "已执行",
    "支出",
    "20",
    "万元",
    "元",
    "x" * 15,
]


@few
@given(st.lists(st.sampled_from(MOMENTS), max_size=14))
def test_no_figure_of_an_earlier_moment_is_overlooked(pieces: list[str]) -> None:
    text = "".join(pieces)
    reach = [text[cut.end() : cut.end() + claims._REACH] for cut in claims._CUT.finditer(text)]
    assert claims._speaks(text) or not any(claims._SPENT.search(behind) for behind in reach)


STAMPS = ("perfxl1.mof.0ab1.A-1." + "0f" * 16, "perfxl1.mof.0ab1.A-1." + "0f" * 16 + "." + "a2" * 13)


@few
@given(st.sampled_from(STAMPS), st.integers(0, 80), st.sampled_from([".", "", "g", "8", "f", "a", "\n", "A", ".."]))
def test_a_stamp(text: str, at: int, put: str) -> None:
    mutant = (text[:at] + put + text[at + 1 :]).strip()
    right = stamp._STAMP.fullmatch(mutant)
    found = stamp.read_stamp(mutant)
    assert (found is None) == (right is None)
    if found is not None and right is not None:
        assert (found.form, found.version, found.assignment, found.digest, found.mac) == right.groups("")[1:]


NAMES = (
    "'自评表'!$E$6",
    "自评表!$E$6:$F$9",
    "'自评表'!$E6",
    '"a""b"',
    '"stamp"',
    "-1.5E+3",
    "#REF!",
    "'自评表'!$XFD$99999",
)


@few
@given(
    st.sampled_from(NAMES),
    st.integers(0, 18),
    st.sampled_from(["$", "'", '"', "", "A", "1", "0", "!", "a", ":", "E$7"]),
)
def test_what_a_name_refers_to(text: str, at: int, put: str) -> None:
    mutant = text[:at] + put + text[at + 1 :]
    found = reader._REFERENCE.fullmatch(mutant)
    area = reader._area(mutant, "自评表")
    if area is not None:
        assert found is not None
        assert area_from_a1(found[3]) == area
    elif found is not None and (found[2] or found[1]) == "自评表":
        assert reader._area(f"x!{found[3]}", "x") is None
    quoted = reader._QUOTED.fullmatch(mutant)
    if quoted:
        assert reader._constant(mutant) == quoted[1].replace('""', '"')
    else:
        assert (reader._constant(mutant) is None) == (reader._NUMBER.fullmatch(mutant) is None)


@few
@given(st.text("0123456789.,-", max_size=6))
def test_a_width(text: str) -> None:
    assert worksheet._is_width(text) == bool(re.fullmatch(r"[0-9]{1,3}(?:\.[0-9]{1,20})?", text, re.ASCII))


@few
@given(st.lists(st.sampled_from(["&", "amp;", "lt;", "&gt;", "&quot;", "&apos;", "&#10;", "a", ";"]), max_size=8))
def test_loose_ampersands(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert parts._has_loose_ampersand(text) == bool(re.search(r"&(?!(?:amp|lt|gt|quot|apos);)", text))


MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
LINKS = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'


@few
@given(
    st.lists(
        st.sampled_from([MAIN, LINKS, "xmlns:x='a'", 'xmlns = "b"', "xmlns", " a ", MAIN.replace('"', "'")]), max_size=4
    )
)
def test_namespaces_of_a_plain_part(pieces: list[str]) -> None:
    data = " ".join(pieces).encode()
    main, plain = 0, True
    for prefix, quoted in markup._DECLARED.findall(data):
        uri = quoted[1:-1]
        plain = plain and b"&" not in uri and (uri in markup._MAIN_BYTES) != bool(prefix)
        main += not prefix
    assert markup.is_plain(data) == (plain and main == 1)


HEADS = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="12" uniqueCount="3">',
    '<?xml version="1.0" encoding="UTF-8"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">',
)  # fmt: skip


@few
@given(st.sampled_from(HEADS), st.integers(0, 170), st.sampled_from(['"', "", "1", " ", ">", "x", ' count="1"']))
def test_the_head_of_shared_strings(head: str, at: int, put: str) -> None:
    text = head[:at] + put + head[at + 1 :] + "<si><t>a</t></si>"
    right = re.match(
        r'<\?xml version="1\.0" encoding="UTF-8"(?: standalone="(?:yes|no)")?\?>\s*<sst xmlns="http://schemas\.openxmlformats'
        r'\.org/spreadsheetml/2006/main"(?: (?:count|uniqueCount)="\d{1,10}")*>', text
    )  # fmt: skip
    found = parts._length_of_head(text)
    assert found in (0, right.end() if right else 0)
    if text.startswith(HEADS):
        assert found


OLD_TERM = re.compile(r"[a-z_一-鿿][a-z0-9_一-鿿]*")
OLD_NAME = re.compile(r"[a-z_一-鿿][a-z0-9_一-鿿]*(?:\.[a-z0-9_]+)*")


@few
@given(st.text("ab_z09.一鿿中A²é", max_size=10))
def test_the_length_of_a_name_in_a_formula(text: str) -> None:
    word = re.match(r"\w[\w.]*", text)
    if word is not None and not re.match(r"\d", text):
        right = OLD_NAME.match(text)
        assert formula.is_name(word.group()) == bool(OLD_TERM.fullmatch(word.group()))
        assert formula._length_of_name(word.group()) == (right.end() if right else 0)


HAN = "一二两三四五场次个项部分别有些其中余全未能不户件校区，。; 3３年度月费经用调整后减增压核追加为至预算资金约近超过元万亿:(（：单位金额20199〇零○Oo九kA1[]【】-_."


def same(right: str, text: str) -> bool:
    return re.search(right, text) is not None


@few
@given(
    st.text(HAN, max_size=9)
    | st.lists(
        st.sampled_from(
            [
                "调整",
                "调整后",
                "调减",
                "预算",
                "资金",
                "为",
                "至",
                "\u6708",
                "3",
                "经费",
                "费用",
                "费",
                "其中",
                "全市",
                "购置",
            ]
        ),
        max_size=4,
    ).map("".join)
)
def test_the_words_beside_an_amount(text: str) -> None:
    assert prose._is_adjusted_to(text) == same(r"(?:调[减增整]|[压核削缩]减)(?:预算|资金|经费)?[至到为]\Z", text)
    assert prose._is_adjusted(text) == same(r"调[减增]|调整(?!后)|追加|[压核削缩]减|核增", text)
    assert prose._is_partly(text) == same(
        r"其中|每|人均|户均|单价|标准|上半年|下半年|中期|季度|\d月|截[至止]|类|分别|用于|节约|结余|结转|剩余|缺口|补[助贴]|奖励"
        r"|慰问|购[买置]|采购|发放|涉及|上年|去年|往年|历年|明年|下年|同期|以来|[两二三四五]年|累计投资|不足|占|各"
        r"|争取|引进|带动|撬动|募集|自筹|社会|上级|中央|单位|部门|全[局院校委区县市]|三公|一般性|(?<!经)费(?!用)", text
    )  # fmt: skip


@few
@given(st.text(HAN, max_size=9))
def test_a_reason_with_a_limit(text: str) -> None:
    right = r"[部个]分|个别|有些|一些|若干|少数|多数|大半|其余|其他|剩余|余下|其中|少量|未能?全部|不全|\d|[一二两三四五六七八九十几][场次个项期批人家户件]"
    assert deviations._is_limited(text) == same(right, text)
    assert text.translate(deviations._ENDS).split("\n") == re.split(r"[，,。；;！!\n]", text)


@few
@given(st.text("二〇零○Oo九一120198年3度,", max_size=10))
def test_the_year_of_a_text(text: str) -> None:
    found = re.search(r"((?:19|20)\d\d|[一二][〇零○Oo0九][〇零○Oo0一二三四五六七八九]{2})年", text)
    digits = found[1].translate(layout._DIGITS) if found else ""
    assert layout.year_of(text) == (int(digits) if digits.startswith(("19", "20")) else None)


@few
@given(st.text("(:金额单位万元）a", max_size=10))
def test_the_currency_of_a_label(text: str) -> None:
    found = re.search(r"[(:](?:单位:)?(万?元)\)?|金额单位:?(万?元)|单位:(万?元)", text.replace("）", ")"))
    assert layout.unit_of(text) == (next(filter(None, found.groups())) if found else None)


@few
@given(st.text("[(【<aB1234567])】>-_—:：.中某", max_size=14))
def test_the_code_before_a_name(text: str) -> None:
    found = re.match(r"[\[(【<]?(?=[A-Za-z]*\d)[0-9A-Za-z]{6,}[\])】>]?[-_—:：.]*(?=[\u4e00-\u9fff])", text)
    assert header._code(text) == (found.group() if found else None)


def share_run_by_run(one: str, other: str) -> float:
    short, long = sorted((one, other), key=len)
    if len(short) < copying.RUN:
        return float(short in long)
    starts = range(len(short) - copying.RUN + 1)
    covered = {at + more for at in starts if short[at : at + copying.RUN] in long for more in range(copying.RUN)}
    return len(covered) / len(short)


PASSAGES = st.lists(
    st.sampled_from(
        ["甲乙丙丁戊己庚辛" * 20, "一二三四五六七八九十" * 15, "子丑", "寅", "abcdefgh" * 13, "天地玄黄宇宙洪荒日月"]
    ),
    max_size=7,
)


@few
@given(PASSAGES, PASSAGES)
def test_how_much_of_a_text_stands_in_another(one: list[str], other: list[str]) -> None:
    assert copying.share_of("".join(one), "".join(other)) == share_run_by_run("".join(one), "".join(other))
