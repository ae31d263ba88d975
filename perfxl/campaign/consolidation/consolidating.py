"""汇总 in order: gather, add up twice, write, read again, let the ledger know, only then give the files their names.

A run that ends at any moment leaves what was there before; the next one makes the same files again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from decimal import localcontext
from functools import partial
from pathlib import Path

from ...config import PLAIN, Config
from ...form import Form
from ...formdigest import Digest
from ...noun import noun
from ...number import neat
from ...xlsx.writer import write_into
from ..ledger import Ledger
from ..plan import Plan
from ..returns import standing_returns, superseded_returns, unmatched_returns
from ..settings import Campaign
from ..standing import standings
from ..trouble import CampaignError
from .accounts import Accounts
from .compiling import compiled, frame_of, newest, read_again
from .counting import Terms
from .department import department_forms
from .gathering import Sources, check_summaries, gather
from .made import Draft, State, cannot_write, drafted, drop, key_of, put, refuse_theirs, swept
from .overview import Frame, way_between
from .parquet import must_have_arrow, write_parquet
from .season import Season
from .sums import Difference, recheck
from .tables import TABLES, Format, Table, write_csv

FOLDER, WORKBOOK = "consolidated", ("汇总.xlsx", "consolidated.xlsx")
"""Where it goes in a campaign folder unless somebody says otherwise: Chinese and English."""


DIGITS = 350
"""So many digits are added up exactly: a cell holds up to 309 of them in front of the point."""


@noun
class Wish:
    """What is asked for: where the workbook goes, on what terms, in which language; ``earlier`` digests and
    ``accounts`` where they are known; ``tables`` are the formats of the tables beside it."""

    out: Path
    terms: Terms
    lang: str
    earlier: Iterable[Digest] | None = None
    accounts: Accounts | None = None
    tables: tuple[Format, ...] = ()


@noun
class Consolidated:
    """What came of it: the frame with its season (open), and what became of each file."""

    frame: Frame
    files: Mapping[Path, State]


def usual_place(folder: Path, lang: str) -> Path:
    """Where the workbook goes."""
    return folder / FOLDER / WORKBOOK[0 if lang == "zh" else 1]


def consolidate(
    ledger: Ledger, campaign: Campaign, form: Form, plan: Plan, wish: Wish, *, config: Config = PLAIN,
    step: Callable[[], None] = lambda: None,
) -> Consolidated:  # fmt: skip
    """Make the consolidated workbook, and what is asked for besides. The season of what comes back is to be closed.

    Raises ``CampaignError`` where something of somebody else's stands there, where there is no room, and where
    two ways of adding up do not come to the same; then no file has changed.
    """
    tables = _tables(wish)
    refuse_theirs(ledger, [wish.out, *tables])
    if "parquet" in wish.tables:
        must_have_arrow()
    for folder in {path.parent for path in (wish.out, *tables)}:
        swept(folder)
    with localcontext() as context, ExitStack() as undo:
        context.prec = DIGITS
        try:
            season = _gathered(ledger, form, plan, wish, config, step)
        except sqlite3.OperationalError as error:
            raise cannot_write(wish.out, error) from error
        undo.callback(season.__exit__, None, None, None)
        _agreed(recheck(season, wish.terms.unit), season.unchecked)
        way = way_between(str(ledger.folder.resolve()), str(wish.out.resolve()))
        department = plan.supervising_department or ""
        drafts: list[Draft] = []
        undo.callback(drop, drafts)
        for made in department_forms(ledger, season, wish.out, campaign.fiscal_year, password=campaign.password):
            drafts += [made.draft] if made.draft is not None else []
        check_summaries(season, config)
        frame = frame_of(season, wish.terms, wish.lang, department=department, year=campaign.fiscal_year, way=way)
        book = drafted(wish.out, partial(write_into, compiled(frame, newest(season))))
        drafts.insert(0, book)
        _agreed(read_again(frame, book.temporary), ())
        for path, table in tables.items():
            write = write_parquet if path.suffix == ".parquet" else write_csv
            drafts.append(drafted(path, partial(write, table, frame)))
        states = put(ledger, drafts)
        _tell(ledger, season, wish.out, book)
        undo.pop_all()
    return Consolidated(frame=frame, files=states)


def _tables(wish: Wish) -> dict[Path, Table]:
    """Where the tables go: a folder beside the workbook."""
    folder = wish.out.parent / f"{wish.out.stem}-tables"
    return {folder / f"{table.name}.{each}": table for each in wish.tables for table in TABLES}


def _gathered(ledger: Ledger, form: Form, plan: Plan, wish: Wish, config: Config, step: Callable[[], None]) -> Season:
    sources = Sources(
        standings=standings(ledger),
        returns=standing_returns(ledger),
        beside=(each for found in (unmatched_returns(ledger), superseded_returns(ledger)) for each in found),
        earlier=wish.earlier,
        accounts=wish.accounts.amounts if wish.accounts else None,
    )
    season = gather(plan, sources, form, wish.terms, wish.lang, config=config, step=step)
    strangers = wish.accounts.strangers if wish.accounts else ()
    if strangers:
        named, more = "；".join(strangers[:5]), "…" if len(strangers) > 5 else ""
        zh = f"决算数中有 {len(strangers)} 行对不上任何项目：{named}{more}"
        season.notes.append((zh, f"{len(strangers)} rows of the accounts name no project: {named}{more}"))
    return season


_FIGURES = {
    "initial": ("年初预算数", "initial budget"),
    "annual": ("全年预算数", "annual budget"),
    "executed": ("全年执行数", "executed amount"),
    "total": ("总分", "total score"),
    "counted": ("表数", "forms"),
}


def _agreed(differences: Sequence[Difference], unchecked: Sequence[str]) -> None:
    """Raise ``CampaignError`` where two ways do not come to the same, or one of them is not there."""
    if not differences and not unchecked:
        return
    lines: tuple[list[str], list[str]] = ([], [])
    for each in differences[:20]:
        for at in (0, 1):
            figure = _FIGURES[each.figure][at]
            lines[at].append(f"\n  {each.name} {figure}: {neat(each.first)} ≠ {neat(each.second)}")
    for assignment in unchecked[:20]:
        lines[0].append(f"\n  {assignment} 没有留存摘要，无从复核")
        lines[1].append(f"\n  {assignment} has no digest to check by")
    raise CampaignError(
        "SUMS_DIFFER",
        "两路合计不一致，没有写汇总表；这是 perfxl 的问题，请交给维护者：" + "".join(lines[0]),
        "Two ways of adding up differ; no workbook was written. That is a defect of perfxl, please report it:"
        + "".join(lines[1]),
    )


def _tell(ledger: Ledger, season: Season, path: Path, draft: Draft) -> None:
    """Write into the history of each project that counts that it is in this workbook, once."""
    file = key_of(ledger, path)
    query = "SELECT assignment FROM history WHERE event = 'consolidated' AND file = ? AND sha256 = ?"
    known = {name for (name,) in ledger.database.execute(query, (file, draft.sha256))}
    with ledger.writing():
        for each in season.counted:
            if each.assignment not in known:
                ledger.record(
                    "consolidated", each.assignment, unit=each.unit, file=file, sha256=draft.sha256, detail=each.sha256
                )
