"""How a cell looks: style names to the properties of a cell format.

Plain data.  Font names are only names of faces: a machine without the face
shows another one.  Sizes are points.
"""

from __future__ import annotations

from collections.abc import Mapping

Property = str | int | float | bool
Look = Mapping[str, Property]

SONG = "宋体"
HEI = "黑体"

# Charset 134 and the families are what Excel itself stores with these faces;
# a machine that lacks them then at least picks another Chinese face.
BODY: Look = {
    "font_name": SONG,
    "font_size": 10.5,
    "font_charset": 134,
    "font_family": 3,
    "valign": "vcenter",
}
_SMALL: Look = {"font_size": 10}
_HEADING: Look = {"font_name": HEI, "bold": True, "align": "center"}
_FRAME: Look = {"border": 1}
_CENTRED: Look = {**_FRAME, "align": "center", "text_wrap": True}
# A figure shrinks before it turns into ####; wrapping would forbid that.
_FIGURE: Look = {**_FRAME, "align": "center", "shrink": True}
_CHECK: Look = {"font_size": 9, "font_color": "#7F7F7F"}
_HAIR: Look = {"bottom": 7, "bottom_color": "#BFBFBF"}
_LIST: Look = {**_SMALL, **_HAIR, "valign": "top", "align": "left", "indent": 1, "text_wrap": True}
_BAD: Look = {"font_color": "#9C0006", "bg_color": "#FFE3E3"}
_GOOD: Look = {"font_color": "#1E6B34", "bg_color": "#E7F4E8"}
_OPEN: Look = {"font_color": "#8A5A00", "bg_color": "#FFF3D6"}

_LIGHT: Look = {"border": 1, "border_color": "#C9D3DE"}

STYLES: Mapping[str, Look] = {
    "": {},
    "plain": {},
    "hidden": {},
    # The printed form.
    "title": {**_HEADING, "font_size": 18},
    "year": {"font_size": 12, "align": "center"},
    "label": _CENTRED,
    "block": _CENTRED,
    "head": _CENTRED,
    "text": {**_FRAME, **_SMALL, "align": "left", "text_wrap": True},
    "answer": _CENTRED,
    "long": {**_FRAME, "align": "left", "valign": "top", "text_wrap": True},
    "money": _FIGURE,
    "weight": _FIGURE,
    "rate": _FIGURE,
    "score": _FIGURE,
    "total": {**_FIGURE, "bold": True},
    "dash": _CENTRED,
    "sign_label": {"align": "right", "valign": "bottom"},
    "sign_text": {"align": "left", "valign": "bottom", "bottom": 1},
    # The self-check beside the form, outside the print area.
    "check_title": {"font_size": 10, "bold": True, "font_color": "#595959"},
    "check_summary": {**_CHECK, "text_wrap": True},
    "check_head": {**_CHECK, "bold": True, "bottom": 1, "bottom_color": "#A6A6A6"},
    "check_state": {**_CHECK, **_HAIR, "align": "center"},
    "check_words": {**_CHECK, **_HAIR, "text_wrap": True},
    # The sheet 填报说明.
    "guide_title": {**_HEADING, "font_size": 16},
    "guide_head": {"bold": True, "bottom": 1, "bottom_color": "#7F7F7F"},
    "guide_text": {"valign": "top", "align": "left", "text_wrap": True},
    "note": {"font_size": 9, "font_color": "#8C8C8C", "text_wrap": True},
    # Lists for people who filter and sort.
    "list_head": {
        **_CHECK,
        "bold": True,
        "font_color": "#262626",
        "bg_color": "#EDEBE6",
        "bottom": 1,
        "align": "left",
        "indent": 1,
        "text_wrap": True,
    },
    "list_text": _LIST,
    "list_figure": {**_LIST, "align": "right", "text_wrap": False},
    "list_bad": {**_LIST, **_BAD},
    "list_open": {**_LIST, **_OPEN},
    "list_good": {**_LIST, **_GOOD},
    # The roster that an officer fills in.
    "roster_head": {**_HEADING, **_LIGHT, "font_size": 11, "text_wrap": True, "bg_color": "#DCE7F2"},
    "roster_hint": {
        **_LIGHT,
        "font_size": 8,
        "font_color": "#6B7785",
        "text_wrap": True,
        "align": "center",
        "bg_color": "#F3F7FB",
    },
    "roster_text": {**_LIGHT, "align": "left", "text_wrap": True},
    "roster_code": {**_LIGHT, "align": "center"},
    "roster_figure": {**_LIGHT, "align": "right"},
    # The consolidated workbook.
    "sum_title": {**_HEADING, "font_size": 16, "align": "left"},
    "sum_note": {"font_size": 10, "font_color": "#404040", "align": "left"},
    "sum_head": {**_HEADING, **_LIGHT, "font_size": 10, "text_wrap": True, "bg_color": "#DCE7F2"},
    "sum_text": {**_LIGHT, **_SMALL, "align": "left", "indent": 1, "text_wrap": True, "bg_color": "#FFFFFF"},
    "sum_key": {**_LIGHT, **_SMALL, "align": "center", "bg_color": "#FFFFFF"},
    "sum_figure": {**_LIGHT, **_SMALL, "align": "right", "shrink": True, "bg_color": "#FFFFFF"},
    "sum_good": {**_LIGHT, **_SMALL, "align": "center", "text_wrap": True, **_GOOD},
    "sum_open": {**_LIGHT, **_SMALL, "align": "center", "text_wrap": True, **_OPEN},
    "sum_bad": {**_LIGHT, **_SMALL, "align": "center", "text_wrap": True, **_BAD},
    "sum_total": {**_LIGHT, "bold": True, "align": "left", "indent": 1, "bg_color": "#F3F7FB"},
    "sum_total_figure": {**_LIGHT, "bold": True, "align": "right", "shrink": True, "bg_color": "#F3F7FB"},
    "sum_small": {"font_size": 7, "font_color": "#A6A6A6", "align": "center"},
    "left_out": {"font_color": "#8C8C8C", "bg_color": "#F4F4F4"},
    # Marks: colours alone, so that they also lie over another style.
    "bad": _BAD,
    "good": _GOOD,
    "open": _OPEN,
}

LINK: Look = {"font_color": "#0563C1", "underline": 1}

INPUT_FILL = "#FFFCEF"
COMPUTED_FILL = "#F7F7F7"

# The properties that a conditional format may carry.
_OVERLAY = ("font_color", "bg_color", "bold", "italic")


def _look(style: str) -> Look:
    try:
        return STYLES[style]
    except KeyError:
        raise ValueError(f"no such style: {style!r}") from None


def cell_look(
    style: str, number_format: str, *, locked: bool, computed: bool = False, quoted: bool = False, link: bool = False
) -> dict[str, Property]:
    """The format properties of a cell in that style.

    ``computed`` cells and unlocked ones get their pale fill where the style
    draws a frame or a line to write on.  ``quoted`` says that the text must
    stay a text when a person edits it.  Raises ``ValueError`` for a style
    that is not in ``STYLES``.
    """
    look: dict[str, Property] = {**BODY, **_look(style), "num_format": number_format, "locked": locked}
    if ("border" in look or style == "sign_text") and "bg_color" not in look:
        if not locked:
            look["bg_color"] = INPUT_FILL
        elif computed:
            look["bg_color"] = COMPUTED_FILL
    if quoted:
        look["quote_prefix"] = True
    if link:
        look.update(LINK)
    return look


def mark_look(style: str) -> dict[str, Property]:
    """What a conditional format in that style lays over the cell. Raises ``ValueError`` as ``cell_look``."""
    return {key: value for key, value in _look(style).items() if key in _OVERLAY}
