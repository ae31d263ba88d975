"""The stamp of a campaign: made with its key, read without it."""

from __future__ import annotations

from dataclasses import replace

from records_made import YEAR, issued, workbook_bytes

from perfxl.form import load_form
from perfxl.stamp import STAMP_NAME, Seal, carried, is_genuine, read_stamp
from perfxl.template import build_workbook
from perfxl.xlsx.reader import read_workbook
from perfxl.xlsx.stencil import Stencils

FORM = load_form("shanghai")
KEY, OTHER = bytes(range(32)), bytes(32)


def sealed(unit: str = "U01", key: bytes = KEY) -> bytes:
    workbook = build_workbook(FORM, [issued(FORM)], year=YEAR, seal=Seal("C-2026", unit, key), password="K7-mPq2x")
    return Stencils().write(workbook)


def test_the_key_tells_a_stamp_of_the_campaign_from_any_other() -> None:
    ours = read_workbook(sealed()).constants[STAMP_NAME]
    assert is_genuine(ours, KEY)
    assert not is_genuine(ours, OTHER)
    assert not is_genuine(read_workbook(workbook_bytes(FORM, [issued(FORM)])).constants[STAMP_NAME], KEY)
    stamp = read_stamp(ours)
    assert stamp is not None
    assert not is_genuine(ours.replace(stamp.assignment, "A002"), KEY)
    assert not is_genuine(ours.replace(stamp.digest, "0" * 32), KEY)


def test_without_the_key_the_content_is_still_known_to_be_whole() -> None:
    found = carried(read_workbook(sealed()))
    assert found is not None
    assert found.content is not None
    assert (found.content.campaign, found.content.unit) == ("C-2026", "U01")
    assert found.content.assignments == (issued(FORM),)


def test_another_unit_has_another_stamp() -> None:
    one, two = (read_workbook(sealed(unit)).constants[STAMP_NAME] for unit in ("U01", "U02"))
    assert one != two


def test_a_key_is_not_shown_by_accident() -> None:
    assert KEY.hex() not in repr(Seal("C", "U", KEY))
    assert str(KEY) not in repr(Seal("C", "U", KEY))


def test_a_content_of_emoji_fits_its_cells() -> None:
    long = replace(issued(FORM), expected_goal="😀" * 16_000)
    assert carried(read_workbook(workbook_bytes(FORM, [long]))).content.assignments == (long,)  # type: ignore[union-attr]
