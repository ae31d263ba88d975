"""A returned sheet to a ``Submission``: the record, and where each value really stood.

Fields are found by the defined names of a stamped sheet, else by labels; never by address.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

from .finding import Choice, NotUnderstood, Understood
from .form import Form
from .noun import field as default
from .noun import noun
from .record import Assignment, SelfEvaluation
from .sheet import Cell, Value

FieldKind = Literal["money", "weight", "score", "rate", "text", "value"]
StampState = Literal["whole", "damaged", "disagree", "lost", "absent"]

FIGURES: frozenset[FieldKind] = frozenset({"money", "weight", "score", "rate"})
"""The kinds of fields that hold a figure."""


@noun
class FieldCell:
    """A field of the form 栏目 and the cell it was read from.

    ``field`` is its path in the record (``funds[0].annual_budget``, ``indicators[9].score``,
    ``total_score``); ``number`` what was read as a figure; ``oddities`` how a figure kept as
    text was written (``number.Amount``).  For a computed field ``computed`` is our own value
    from the inputs (``None``: blank) and ``issued_formula`` what the form was issued with.
    """

    field: str
    kind: FieldKind
    cell_name: str
    cell: Cell
    number: Decimal | None = None
    oddities: frozenset[str] = frozenset()
    computed: Value = None
    issued_formula: str | None = None


@noun
class Difference:
    """A locked cell that no longer holds what was issued.

    ``kind``: ``formula`` (a formula replaced or altered), ``issued`` (names, targets, weights
    that the department issued), ``label`` (printed words of the form).

    For the formula of a field ``state`` says what became of it: ``right`` (a number in its place that
    agrees with ours), ``wrong`` (one that does not), ``edited`` (another formula), ``cleared``,
    ``error`` (an error value).  ``due`` is our own result, ``holds`` what the cell amounts to now,
    ``effect`` by how much 总分 is off because of it (``None``: that cannot be said).
    """

    kind: Literal["formula", "issued", "label"]
    field: str
    cell_name: str
    issued: str
    found: str
    state: Literal["", "right", "wrong", "edited", "cleared", "error"] = ""
    due: Decimal | None = None
    holds: Decimal | None = None
    effect: Decimal | None = None


@noun
class MoneyColumn:
    """One money column of the fund block: ``total`` and the ``parts`` that should add up to it.

    ``field`` is the path of the total cell.  A blank part is ``None``.
    """

    field: str
    term: str
    label: str
    total: Decimal | None
    parts: tuple[Decimal | None, ...]


@noun
class TextField:
    """A text of the form: a narrative, a name, a reason, a target."""

    field: str
    label: str
    text: str
    kind: Literal["narrative", "name", "value", "reason"]


@noun
class Registered:
    """What the department's own record says of a return: the ``assignment`` that it answers (``None``:
    none that was issued) and the edition of the form that went out, where that is known."""

    assignment: Assignment | None
    version: str | None = None


@noun
class Submission:
    """A returned form 已填报的自评表, read but not judged.

    ``cells`` holds every field by its path.  ``year_asked`` is the year issued or asked for.
    ``missing`` are fields that could not be located; ``issued_names`` what the department
    issued for the header (blank where nothing was issued); ``notes`` are codes of
    ``rejection.NOTES`` for what was found elsewhere than issued.  ``stamp_state`` is ``damaged``
    where the issued content is gone or altered, ``disagree`` where the places of the stamp name
    different ones, ``lost`` where a sheet of ours came without any; ``stamp_expected`` whether an
    unstamped form is to be refused.
    ``remarks`` are codes of ``rejection.NOTES`` and of ``surroundings`` with their places: what
    else the workbook holds.  ``ledger`` gives the amounts of 年度资金总额 by term from the
    accounts of the finance department, in the currency unit of the form; ``None`` where nobody
    supplied any.
    ``origin`` is what the return itself says was issued on it, ``registered`` what the department's
    own record says, ``content_compared`` whether its targets and weights were held against that.
    Of a form read by its labels ``understood`` are the labels that led
    to fields, ``choice`` says why it is judged by this definition, and ``unused`` are the names of
    template rows that nobody filled in (``指标2``), by cell.  ``assignment`` is what was issued on the
    sheet, where it carries that whole.
    """

    form: Form
    form_reason: Literal["stamp", "labels", "option"]
    sheet: str
    record: SelfEvaluation
    cells: Mapping[str, FieldCell]
    title: str | None = None
    year_text: str | None = None
    year_asked: int | None = None
    unit_text: str | None = None
    stamp: str | None = None
    issued_names: Mapping[str, str] = default(default_factory=dict)
    differences: tuple[Difference, ...] = ()
    compared: bool = False
    missing: tuple[str, ...] = ()
    errors: Mapping[str, str] = default(default_factory=dict)
    not_understood: tuple[NotUnderstood, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    stamp_state: StampState = "absent"
    stamp_expected: bool = False
    protected: bool = True
    remarks: tuple[tuple[str, str], ...] = ()
    ledger: Mapping[str, Decimal] | None = None
    origin: Assignment | None = None
    registered: Registered | None = None
    content_compared: bool = False
    understood: tuple[Understood, ...] = ()
    choice: Choice | None = None
    assignment: Assignment | None = None
    unused: Mapping[str, str] = default(default_factory=dict)
    formulas_read: bool = True

    @property
    def is_blank(self) -> bool:
        """Whether the unit has filled in nothing at all 尚未填报."""
        record = self.record
        return not (
            any(line.executed_amount is not None for line in record.funds)
            or record.actual_result
            or any(row.actual or row.score is not None or row.variance_explanation for row in record.indicators)
        )


@noun
class Refused:
    """A form sheet that cannot be read: a code of ``rejection.REJECTIONS`` and the cell or sheets."""

    sheet: str
    code: str
    where: str = ""
