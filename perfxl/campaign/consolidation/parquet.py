"""Tables as Parquet: the only module that knows pyarrow, which is an extra (``pip install perfxl[tables]``).

Figures are ``decimal128(38, n)``, each column with its own fixed number of decimals; the table is written
in pieces and never in memory as a whole.
"""

from __future__ import annotations

from itertools import islice
from typing import Any, BinaryIO

from ..trouble import CampaignError
from .overview import Frame
from .tables import PLACES, Table, rows

_PIECE = 5_000


def _arrow() -> Any:
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise CampaignError(
            "NO_PYARROW",
            "写 Parquet 要用 pyarrow，这里没有装。请运行 pip install 'perfxl[tables]'，或改用 --tables csv。",
            "Parquet needs pyarrow, which is not installed. Run pip install 'perfxl[tables]', or take --tables csv.",
            2,
        ) from error
    return pyarrow


def must_have_arrow() -> None:
    """Raise ``CampaignError`` where pyarrow is not installed."""
    _arrow()


def write_parquet(table: Table, frame: Frame, file: BinaryIO) -> None:
    """The table as a Parquet file. Raises ``CampaignError`` where pyarrow is not installed."""
    arrow = _arrow()
    usual = {"text": arrow.string(), "count": arrow.int64(), "flag": arrow.bool_()}
    types = [usual.get(field.kind) or arrow.decimal128(38, PLACES[field.kind]) for field in table.fields]
    schema = arrow.schema(list(zip([field.name for field in table.fields], types, strict=True)))
    with arrow.parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        left = rows(table, frame)
        while piece := list(islice(left, _PIECE)):
            columns = [arrow.array(column, kind) for column, kind in zip(zip(*piece, strict=True), types, strict=True)]
            writer.write_batch(arrow.record_batch(columns, schema=schema))
