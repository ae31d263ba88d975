"""从收回的表到数据表 · From a folder of returns to tables.

    python docs/from-returns-to-a-table.py returns            # polars, or pandas where that is what there is
    python docs/from-returns-to-a-table.py returns --csv out  # and each table as out/forms.csv …

Four tables: a row a form, a funding line, an indicator, a finding. Amounts, weights and scores are exact decimals
in the currency unit of the form (元 or 万元, see the column); a rate is a fraction; a blank stays a blank.
"""

from __future__ import annotations

import argparse
import importlib.util
from collections.abc import Iterable, Iterator
from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import Any

import perfxl

Row = dict[str, Any]
"""A row of a table: text, whole numbers, ``Decimal`` or ``None`` by the name of the column."""


def of_form(verdict: perfxl.Verdict) -> Row:
    """A form in one row; a file that could not be judged has its status and code, and blanks."""
    record = verdict.record or perfxl.SelfEvaluation()
    money = record.total or perfxl.FundingLine(source="total")
    count = {severity.value: 0 for severity in perfxl.Severity}
    for finding in verdict.findings:
        if finding.waived is None:
            count[finding.severity.value] += 1
    return {
        "file": verdict.file,
        "sheet": verdict.sheet,
        "status": verdict.status,
        "code": verdict.code,
        "unit": record.implementing_unit,
        "department": record.supervising_department,
        "project": record.project_name,
        "year": record.fiscal_year,
        "currency_unit": record.currency_unit,
        "annual_budget": money.annual_budget,
        "executed_amount": money.executed_amount,
        "execution_rate": money.execution_rate,
        "total_score": record.total_score,
        "grade": verdict.grade,
        "errors": count["error"],
        "warnings": count["warning"],
        "infos": count["info"],
    }


def plain(value: object) -> Any:
    """A value for a cell: of a target its text, as it was written."""
    return value.text if isinstance(value, perfxl.Target) else value


def parts(verdict: perfxl.Verdict, nouns: Iterable[object]) -> Iterator[Row]:
    """Each noun as a row: all its fields, behind the file and the sheet that it comes from."""
    for number, noun in enumerate(nouns, 1):
        values = {field.name: plain(getattr(noun, field.name)) for field in fields(noun)}  # type: ignore[arg-type]
        yield {"file": verdict.file, "sheet": verdict.sheet, "number": number, **values}


def of_finding(verdict: perfxl.Verdict, finding: perfxl.Finding) -> Row:
    """A finding in one row; both values as text, the difference as a number."""
    return {
        "file": verdict.file,
        "sheet": verdict.sheet,
        "rule": finding.rule,
        "severity": finding.severity.value,
        "cell": finding.cell,
        "field": finding.field,
        "expected": None if finding.expected is None else str(finding.expected),
        "actual": None if finding.actual is None else str(finding.actual),
        "difference": finding.difference,
        "waived": finding.waived.reason if finding.waived else None,
    }


def rows(folder: Path) -> dict[str, list[Row]]:
    """The rows of the four tables, of all workbooks and zips of a folder."""
    found: dict[str, list[Row]] = {"forms": [], "funds": [], "indicators": [], "findings": []}
    for verdict in perfxl.check([folder]):
        found["forms"].append(of_form(verdict))
        if verdict.record is not None:
            found["funds"] += parts(verdict, verdict.record.funds)
            found["indicators"] += parts(verdict, verdict.record.indicators)
        found["findings"] += [of_finding(verdict, finding) for finding in verdict.findings]
    return found


def table(found: list[Row]) -> Any:
    """The rows as a polars frame, or a pandas one where polars is not installed; decimals stay decimals."""
    columns = list(dict.fromkeys(name for row in found for name in row))
    if importlib.util.find_spec("polars"):
        import polars

        # the widest scale that occurs; a column of decimals is exact at it
        types = {}
        for name in columns:
            numbers = [row[name] for row in found if isinstance(row[name], Decimal)]
            if numbers:
                scale = max(0, *(-int(number.as_tuple().exponent) for number in numbers))
                types[name] = polars.Decimal(38, scale)
        return polars.DataFrame(found, schema_overrides=types, infer_schema_length=None)
    import pandas

    return pandas.DataFrame(found, columns=columns)


def main() -> None:
    """Print the tables, and what one may ask of them."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folder", type=Path)
    options.add_argument("--csv", type=Path, metavar="DIR", help="write each table there")
    chosen = options.parse_args()
    for name, found in rows(chosen.folder).items():
        frame = table(found)
        print(f"\n{name}: {len(frame)} × {len(frame.columns)}")
        print(frame.head(8))
        if chosen.csv:
            chosen.csv.mkdir(parents=True, exist_ok=True)
            write = getattr(frame, "write_csv", None)
            target = chosen.csv / f"{name}.csv"
            write(target) if write else frame.to_csv(target, index=False)


if __name__ == "__main__":
    main()
