"""The words of a consolidation in Chinese and English, side by side."""

from __future__ import annotations

from collections.abc import Mapping

from ..returned import Counting
from .counting import Project, Why

Pair = tuple[str, str]

WHY: Mapping[Why, Pair] = {
    "": ("计入", "counted"),
    "missing": ("未收回", "not returned"),
    "failed": ("核验未通过", "has errors"),
    "notes": ("有提醒，本次不计", "has notes, which do not count here"),
    "not_accepted": ("尚未通过审核", "not accepted yet"),
    "internal_error": ("程序未能核验", "perfxl failed on it"),
    "waived": ("已豁免", "waived"),
    "nothing_to_report": ("零报告", "nothing to report"),
    "blank": ("未填报或未能核验", "blank, or could not be judged"),
}
DECISIONS: Mapping[str, Pair] = {
    "accepted": ("已通过", "accepted"),
    "waived": ("已豁免", "waived"),
    "nothing_to_report": ("零报告", "nothing to report"),
}
BESIDE: Mapping[Counting, Pair] = {
    "counts": ("不在花名册中", "not in the roster"),
    "superseded": ("已有更新的一份", "a newer one came"),
    "unmatched": ("对不上任何下发项目", "answers nothing that was issued"),
    "foreign": ("表与来处的单位不符", "another unit's form"),
    "blank": ("没有填写", "nothing is filled in"),
    "rejected": ("无法核验", "cannot be judged"),
}
"""Why a return that came is not among the projects."""


def happened(project: Project, at: int) -> str:
    """What became of a project, in a few words."""
    if project.why:
        return reason(project, at)
    words = DECISIONS[project.decision][at] if project.decision else ("已收回", "returned")[at]
    return words + _remark(project, at)


def reason(project: Project, at: int) -> str:
    """Why it does not count, as much as is known."""
    words = WHY[project.why][at]
    if project.why in ("failed", "not_accepted") and project.errors:
        words += (f"：错误 {project.errors} 处", f": {project.errors} error(s)")[at]
    return words + _remark(project, at)


def _remark(project: Project, at: int) -> str:
    return ("（", " (")[at] + project.remark + ("）", ")")[at] if project.remark else ""
