"""Letters: what the officer may edit, and what is said when the editing went wrong."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from perfxl.campaign.letter import Facts, Project, render
from perfxl.campaign.plan import Contact, Unit
from perfxl.campaign.stationery import supply_templates, template_path
from perfxl.campaign.trouble import CampaignError

FACTS = Facts(
    unit=Unit(code="U001", name="第一文化站"),
    contacts=(Contact(name="张三", address="a@b.cn"), Contact(name="李四", address="c@d.cn")),
    projects=(Project("免费开放", "U001-1.xlsx"), Project("<b>&修缮", "U001-2.xlsx")),
    year=2026,
    due=datetime.date(2027, 3, 5),
    department="某市文化和旅游局",
    sender="绩效科",
    title="财政项目支出绩效自评表",
)


def written(folder: Path, text: str) -> Path:
    path = folder / "letter.txt"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_chinese_letter_reads_as_it_should(tmp_path: Path) -> None:
    supply_templates(tmp_path)
    letter = render(template_path(tmp_path, "issue", "zh"), FACTS)
    assert letter.subject == "【2026年度绩效自评】请填报财政项目支出绩效自评表（第一文化站）"
    assert letter.body == (
        "第一文化站（张三、李四）：\n\n"
        "现下发 2026 年度财政项目支出绩效自评表 2 份，见附件：\n"
        "  1. 免费开放（U001-1.xlsx）\n"
        "  2. <b>&修缮（U001-2.xlsx）\n\n"
        "填报办法：\n"
        "  1. 用 Excel 或 WPS 打开附件，只填浅黄色的格子；其余是下发内容或自动计算，已锁定，请勿改动版式。\n"
        "  2. 表右侧有自动核对：√ 相符，× 不符，请改到没有 ×；“填报说明”一页逐项说明怎样填。\n"
        "  3. 保存为 .xlsx，直接回复本邮件并附上表格。不要改成图片、PDF 或粘贴到其他表里。\n\n"
        "请于 2027 年 3 月 5 日前报回。\n"
        "如有项目未实施或不归本单位，请回复说明。\n\n"
        "某市文化和旅游局\n"
    )


def test_the_english_letter_reads_as_it_should(tmp_path: Path) -> None:
    supply_templates(tmp_path)
    nameless = FACTS._replace(contacts=(Contact(name="", address="a@b.cn"),))
    assert render(template_path(tmp_path, "issue", "zh"), nameless).body.startswith("第一文化站：\n")
    one = FACTS._replace(projects=FACTS.projects[:1], due=None, contacts=(), part=2, parts=3)
    letter = render(template_path(tmp_path, "issue", "en"), one)
    assert letter.subject.endswith("please fill in (第一文化站) (2/3)")
    assert "Attached is 1 form for the fiscal year 2026" in letter.body
    assert "message 2 of 3" in letter.body
    assert "Please return it by" not in letter.body
    assert letter.body.startswith("To 第一文化站:\n")


def test_templates_that_the_officer_has_edited_are_left_alone(tmp_path: Path) -> None:
    path = template_path(tmp_path, "issue", "zh")
    assert path in supply_templates(tmp_path)
    path.write_text("主题：改过\n\n正文 {{ unit.name }}\n", encoding="utf-8")
    assert supply_templates(tmp_path) == []
    assert render(path, FACTS) == ("改过", "正文 第一文化站\n")


@pytest.mark.parametrize("head", ["主题: 一", "Subject：一", "subject: 一", "\ufeff主题：一", "{# 说明 #}\n主题： 一 "])
def test_the_first_line_is_the_subject(tmp_path: Path, head: str) -> None:
    assert render(written(tmp_path, f"{head}\n\n二\n"), FACTS).subject == "一"


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("主题：一\n\n{{ unit.nmae }}\n", 3, "nmae"),
        ("主题：一\n\n{{ nuit }}\n", 3, "nuit"),
        ("主题：一\n\n{% if due %}\n", 3, "end of template"),
        ("主题：一\n\n{{ unit.name | nosuch }}\n", 3, "nosuch"),
        ("正文在前\n\n二\n", 1, "主题"),
        ("主题：\n\n二\n", 1, "主题"),
        ("主题：一\n\n\n", 2, "no body"),
        ("主题：{{ 'a' * 300 }}\n\n二\n", 1, "too long"),
        ("主题：一\n\n{{ 1 / 0 }}\n", 3, "zero"),
        ("主题：一\n\n{{ unit.__class__.__mro__ }}\n", 3, ""),
        ("主题：一\n\n{% for x in range(9999999) %}x{% endfor %}\n", 3, "Range"),
        ("主题：一\n\n{{ contacts.append(1) }}\n", 3, ""),
    ],
)
def test_a_broken_template_is_named_with_its_line(tmp_path: Path, text: str, line: int, why: str) -> None:
    with pytest.raises(CampaignError, match="TEMPLATE_BROKEN") as caught:
        render(written(tmp_path, text), FACTS)
    assert f", line {line}:" in caught.value.en
    assert f"第 {line} 行" in caught.value.zh
    assert why in caught.value.en
    assert caught.value.exit_code == 2


def test_a_control_character_in_a_subject_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CampaignError, match="TEMPLATE_BROKEN"):
        render(written(tmp_path, "主题：a\x00b\n\n二\n"), FACTS)


def test_a_template_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_bytes("主题：一\n\n二".encode("gb18030"))
    for path in (tmp_path / "letter.txt", tmp_path / "gone.txt"):
        with pytest.raises(CampaignError, match="TEMPLATE_BROKEN"):
            render(path, FACTS)
