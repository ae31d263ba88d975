"""Whether a folder lies on another machine, as far as that can be told.

Told: Windows shares and mapped drives, and on Linux the usual network file systems.  Not
told: network volumes of macOS, and folders that a program copies to a cloud behind our back.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

FILE_SYSTEMS = ("nfs", "cifs", "smb", "9p", "afs", "ceph", "davfs", "fuse.sshfs", "fuse.davfs", "fuse.rclone")
_REMOTE_DRIVE = 4


def network_share(folder: Path) -> str | None:
    """What kind of share the folder lies on (``nfs4``, ``UNC`` …); ``None`` where none is seen."""
    where = os.path.abspath(folder)
    if sys.platform == "win32":
        return _on_windows(where)
    return _mounted(where)


def _on_windows(where: str) -> str | None:
    if where.startswith("\\\\"):
        return "UNC"
    import ctypes

    drive = os.path.splitdrive(where)[0] + "\\"
    kind: int = getattr(ctypes, "windll").kernel32.GetDriveTypeW(drive)  # noqa: B009
    return "network drive" if kind == _REMOTE_DRIVE else None


def _mounted(where: str, table: str = "/proc/self/mountinfo") -> str | None:
    try:
        lines = Path(table).read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return None
    where, best, kind = os.path.realpath(where), "", ""
    for line in lines:
        left, _, right = line.partition(" - ")
        place = left.split(" ")[4].encode("latin-1", "ignore").decode("unicode_escape") if left.count(" ") > 4 else ""
        if place and len(place) >= len(best) and os.path.commonpath((where, place)) == place:
            best, kind = place, right.partition(" ")[0]
    return kind if kind.startswith(FILE_SYSTEMS) else None
