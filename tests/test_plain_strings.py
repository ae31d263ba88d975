"""The plain writing of shared strings is read without a parser, and never otherwise than the parser reads it."""

from __future__ import annotations

import zlib

import pytest

from perfxl.xlsx import parts
from perfxl.xlsx.limits import DEFAULT
from perfxl.xlsx.markup import Budget
from perfxl.xlsx.package import Stored

HEAD = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="3" uniqueCount="2">'
)

PLAIN_BODIES = (
    "",
    "<si><t>预算</t></si>",
    "<si><t></t></si><si><t>a</t></si>",
    '<si><t xml:space="preserve"> a\n\tb </t></si>',
    "<si><t>a &amp;lt; b &lt;p&gt; &quot;&apos;</t></si><si><t>_x0041_ _x000D_</t></si>",
    "<si><t>😀 ］］＞ a&gt;b</t></si>",
)
OTHER_BODIES = (
    "<si><r><t>a</t></r><r><t>b</t></r></si>",
    "<si><t>a</t><rPh sb='0' eb='1'><t>x</t></rPh></si>",
    "<si><t>a&#10;b</t></si>",
    "<si><t>a\r\nb</t></si>",
    "<si><t>a</t></si>\n<si><t>b</t></si>",
    "<si><t>a]]>b</t></si>",
    "<si><t>a & b</t></si>",
    "<si><t>a&nbsp;b</t></si>",
    "<si><t>a\x01b</t></si>",
    "<si><t>a\ufffeb</t></si>",
    "<si><t><!-- c -->a</t></si>",
    "<si><t>a</t></si><si>",
    "<si/><si><t>a</t></si>",
)


@pytest.mark.parametrize("body", PLAIN_BODIES)
def test_plain_shared_strings_are_read_as_the_parser_reads_them(body: str) -> None:
    data = (HEAD + body + "</sst>").encode()
    part = Stored(name="xl/sharedStrings.xml", method=0, size=len(data), crc=zlib.crc32(data), raw=data)
    assert parts.plain_strings(data, DEFAULT) == parts._parsed_strings(data, part, Budget(DEFAULT))


@pytest.mark.parametrize("body", OTHER_BODIES)
def test_any_other_writing_is_left_to_the_parser(body: str) -> None:
    assert parts.plain_strings((HEAD + body + "</sst>").encode(), DEFAULT) is None
    assert parts.plain_strings((HEAD.replace("UTF-8", "GBK") + "</sst>").encode(), DEFAULT) is None
