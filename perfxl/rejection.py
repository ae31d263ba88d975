"""Why a file could not be judged 拒收: codes, and the words and remedy for each."""

from __future__ import annotations

from typing import NamedTuple


class Rejected(Exception):
    """A file that cannot be judged: a code of ``REJECTIONS`` and where it was met."""

    def __init__(self, code: str, where: str = "") -> None:
        if code not in REJECTIONS:
            raise ValueError(f"unknown rejection code {code}")
        super().__init__(code, where)
        self.code = code
        self.where = where


class Words(NamedTuple):
    """What is said of a rejection, and what to do about it, in both languages."""

    zh: str
    en: str
    remedy_zh: str
    remedy_en: str


_SAVE_AS_XLSX = ("请在 Excel 或 WPS 中打开，另存为 .xlsx 后重发。", "Open it in Excel or WPS, save it as .xlsx, and send it again.")
_RESAVE = (
    "请在 Excel 或 WPS 中打开原件，另存为新的 .xlsx 后重发；打不开时请从备份或下发的空表重新填写。",
    "Open the original in Excel or WPS and save it as a new .xlsx; if it does not open, fill in the issued form again.",
)
_COPY_INTO_FORM = (
    "请把内容抄入下发的表格后重发，不要在表中粘贴整张工作表。",
    "Copy the content into the form as issued and send that; do not paste whole sheets into it.",
)
