"""perfxl: 财政项目支出绩效自评表, written locked, read back, and judged.

``load_form`` gives a form by id or TOML path; ``build`` a workbook as plain data; ``write`` its
bytes; ``read`` the submissions in returned bytes; ``check`` the verdicts on files and folders;
``html_report`` and its like make reports of verdicts.
Amounts are ``Decimal`` in the form's currency unit; a rate is a fraction; ``None`` is blank.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from .batch import Batch
    from .checking import check, read
    from .config import Config, load_config
    from .crosscheck import cross_check
    from .finding import Finding, Severity, Verdict
    from .form import BrokenDefinitionError, Form, UnknownFormError, load_form
    from .issued import Issued, load_issued
    from .record import Assignment, FundingLine, Indicator, SelfEvaluation, SignOff, Target
    from .rejection import Rejected
    from .report.csv import csv_report
    from .report.html import html_report
    from .report.json import json_report, jsonl_report
    from .report.sarif import sarif_report
    from .report.tally import Tally
    from .report.workbook import findings_workbook
    from .submission import Submission
    from .template import build_workbook as build
    from .waivers import Waivers, load_waivers
    from .xlsx.writer import write_workbook as write

_WHERE = {
    "Batch": "batch",
    "check": "checking",
    "Config": "config",
    "load_config": "config",
    "cross_check": "crosscheck",
    "Finding": "finding",
    "Severity": "finding",
    "Verdict": "finding",
    "BrokenDefinitionError": "form",
    "Form": "form",
    "UnknownFormError": "form",
    "load_form": "form",
    "read": "checking",
    "Issued": "issued",
    "load_issued": "issued",
    "Assignment": "record",
    "FundingLine": "record",
    "Indicator": "record",
    "SelfEvaluation": "record",
    "SignOff": "record",
    "Target": "record",
    "Rejected": "rejection",
    "csv_report": "report.csv",
    "findings_workbook": "report.workbook",
    "html_report": "report.html",
    "json_report": "report.json",
    "jsonl_report": "report.json",
    "sarif_report": "report.sarif",
    "Tally": "report.tally",
    "Submission": "submission",
    "Waivers": "waivers",
    "load_waivers": "waivers",
    "build": "template:build_workbook",
    "write": "xlsx.writer:write_workbook",
}
__all__ = [
    "Assignment",
    "Batch",
    "BrokenDefinitionError",
    "Config",
    "Finding",
    "Form",
    "FundingLine",
    "Indicator",
    "Issued",
    "Rejected",
    "SelfEvaluation",
    "Severity",
    "SignOff",
    "Submission",
    "Tally",
    "Target",
    "UnknownFormError",
    "Verdict",
    "Waivers",
    "__version__",
    "build",
    "check",
    "cross_check",
    "csv_report",
    "findings_workbook",
    "html_report",
    "json_report",
    "jsonl_report",
    "load_config",
    "load_form",
    "load_issued",
    "load_waivers",
    "read",
    "sarif_report",
    "write",
]


def __getattr__(name: str) -> object:
    """Names are loaded when first asked for, so that start-up stays light."""
    if name not in _WHERE:
        raise AttributeError(f"module 'perfxl' has no attribute {name!r}")
    import importlib

    module, _, attribute = _WHERE[name].partition(":")
    return getattr(importlib.import_module("." + module, __name__), attribute or name)
