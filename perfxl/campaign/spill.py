"""Pieces that wait in a temporary file until they are asked for again: what need not be in memory at once."""

from __future__ import annotations

import tempfile
import weakref
from array import array

IN_MEMORY = 1_000_000
"""Bytes that are kept in memory before a file is made of them."""


class Spill:
    """Pieces, numbered from 0. The file has no name that outlives the process."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY, prefix="perfxl-")  # noqa: SIM115
        self._ends = array("Q")
        self._writing = True
        weakref.finalize(self, self._file.close)

    def put(self, piece: bytes) -> int:
        """Lay a piece down; its number."""
        end = self._ends[-1] if self._ends else 0
        if not self._writing:
            self._file.seek(end)
            self._writing = True
        self._file.write(piece)
        self._ends.append(end + len(piece))
        return len(self._ends) - 1

    def take(self, number: int) -> bytes:
        """The piece of that number. Raises ``IndexError`` where there is none."""
        start, end = self._ends[number - 1] if number else 0, self._ends[number]
        self._writing = False
        self._file.seek(start)
        return self._file.read(end - start)

    def __len__(self) -> int:
        return len(self._ends)
