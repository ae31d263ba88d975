"""How much of an untrusted workbook is read before it is refused.

The defaults come from the distribution of real files (the largest of some 2,300 public
workbooks expands to 60 MB in 340 parts) with room above it.
"""

from __future__ import annotations

from ..noun import noun

KIB = 1024
MIB = 1024 * KIB


@noun
class Limits:
    """Limits of one file.

    Bytes:
        ``file_bytes`` of the file itself; ``part_bytes`` and ``total_bytes`` of one part and of all
        parts when expanded; ``foreign_bytes`` of a part that is not in UTF-8;
        ``tag_bytes`` of one tag; ``directory_bytes`` of the zip directory; ``memo_bytes`` of a
        part, expanded, whose reading is remembered for the next file.
    Ratio:
        ``ratio`` of expanded to compressed size, looked at beyond ``ratio_grace_bytes``.
    Counts:
        ``parts`` in the package, ``sheets``, ``elements`` (of XML, all parts together), ``depth`` of
        XML nesting, ``relationships`` of one part, ``names`` of ours, ``strings`` shared, ``styles``
        (cell formats), ``cells`` with content in the file, ``notes`` kept; for one sheet the
        ``merges`` and ``hidden_rows`` kept.
    Characters:
        ``text_characters`` of one cell or formula; ``all_characters`` of all long texts together.
    Time:
        ``seconds`` of wall clock for one file, looked at every ``clock_every`` elements.
    Cells:
        content beyond ``far_row`` or ``far_column`` is read and remarked upon.
    """

    file_bytes: int = 20 * MIB
    part_bytes: int = 64 * MIB
    total_bytes: int = 128 * MIB
    foreign_bytes: int = 16 * MIB
    tag_bytes: int = 16 * MIB
    directory_bytes: int = 1 * MIB
    memo_bytes: int = 256 * KIB
    ratio: int = 200
    ratio_grace_bytes: int = 1 * MIB
    parts: int = 1_000
    sheets: int = 256
    elements: int = 5_000_000
    depth: int = 64
    relationships: int = 10_000
    names: int = 20_000
    strings: int = 200_000
    cells: int = 500_000
    merges: int = 20_000
    styles: int = 65_430
    notes: int = 100
    hidden_rows: int = 20_000
    text_characters: int = 32_767
    all_characters: int = 16 * MIB
    seconds: float = 8.0
    clock_every: int = 4_096
    far_row: int = 5_000
    far_column: int = 200

    def __hash__(self) -> int:  # asked for with every part that is looked up
        return hash((self.part_bytes, self.elements, self.seconds))


DEFAULT = Limits()
