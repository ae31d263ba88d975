"""The campaign of the year before 上年的任务, for C07: its returns beside those of this year."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...formdigest import Digest
from ..ledger import Ledger
from ..returns import standing_returns
from ..settings import read_campaign
from ..trouble import CampaignError


@contextmanager
def earlier_digests(folder: Path, year: int) -> Iterator[Iterator[Digest]]:
    """The digests of the returns that counted in an earlier campaign; its ledger is read beside whoever holds it.

    Raises ``CampaignError`` where that is no campaign of the year before ``year``.
    """
    before = read_campaign(folder)
    if before.fiscal_year != year - 1:
        raise CampaignError(
            "NOT_THE_YEAR_BEFORE",
            f"{folder} 是 {before.fiscal_year} 年度的任务；--earlier 要上一年度（{year - 1}）的任务文件夹。",
            f"{folder} is the campaign of {before.fiscal_year}; --earlier wants that of {year - 1}.",
            2,
        )
    with Ledger.open(folder, "consolidate", hold=False) as ledger:
        yield (
            each.digest._replace(file=f"{folder.resolve().name}/{each.name}")
            for each in standing_returns(ledger)
            if each.digest is not None
        )
