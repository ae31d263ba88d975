"""SHA-256, without a price at start-up.

Loading OpenSSL takes three milliseconds, as long as reading a form; the interpreter's own
SHA-256 is at hand at once but five times slower, which counts where files are many.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

_FEW, _SMALL = 20, 1 << 20
"""Files and bytes for which OpenSSL is not worth its loading."""


def expect(files: int) -> None:
    """Make ready for so many files."""
    if files > _FEW:
        import hashlib  # noqa: F401 - hex_digest takes it where it is loaded


def hex_digest(data: bytes) -> str:
    """The SHA-256 of the bytes in 64 hex digits."""
    digest: str = _sha256(len(data))(data).hexdigest()
    return digest


def _sha256(size: int) -> Callable[[bytes], Any]:
    if "hashlib" not in sys.modules and size < _SMALL:
        try:  # as the standard library's own `random` does
            if sys.version_info >= (3, 12):
                from _sha2 import sha256
            else:
                from _sha256 import sha256  # type: ignore[import-not-found,unused-ignore]
        except ImportError:
            pass
        else:
            return sha256  # type: ignore[no-any-return,unused-ignore]
    import hashlib

    return hashlib.sha256
