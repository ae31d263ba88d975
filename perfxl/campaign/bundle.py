"""A zip for each unit, of the workbooks as they lie in its folder."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Literal

from ..noun import noun
from .placing import place
from .works import Works

_WHEN = (1980, 1, 1, 0, 0, 0)
_MARK = b"perfxl "


@noun
class Bundle:
    """The zip of a unit: its path relative to the campaign folder, and what became of it."""

    file: str
    state: Literal["unchanged", "written", "theirs", "failed"]
    zh: str = ""
    en: str = ""


def bundle(folder: Path, works: Works, *, durable: bool = True) -> Iterator[Bundle]:
    """A zip beside the folder of each unit. One that perfxl did not make, or that somebody changed, is left alone."""
    units: dict[str, list[str]] = {}
    for file in works.files():
        units.setdefault(os.path.dirname(file), []).append(file)
    for inside, files in units.items():
        file = f"{inside}.zip"
        path = folder / file
        try:
            data = _zipped([(os.path.basename(name), (folder / name).read_bytes()) for name in files])
            if os.path.lexists(path):
                if path.is_file() and path.read_bytes() == data:
                    yield Bundle(file=file, state="unchanged")
                    continue
                if not _is_ours(path):
                    yield Bundle(
                        file=file,
                        state="theirs",
                        zh="那里已有一个不是 perfxl 生成或被改过的文件，没有覆盖；请移开后再运行一次",
                        en="a file that perfxl did not make, or that was changed, stands there and was left alone; "
                        "move it and run again",
                    )
                    continue
            (placed,) = place([(path, data)], durable=durable)
            if placed.error is not None:
                raise placed.error
        except FileNotFoundError as error:
            yield Bundle(file=file, state="failed", zh=f"缺少 {error.filename}", en=f"{error.filename} is missing")
        except PermissionError:
            yield Bundle(file=file, state="failed", zh="没有权限，或正被打开", en="no permission, or it is open")
        else:
            yield Bundle(file=file, state="written")


def _zipped(members: Sequence[tuple[str, bytes]]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as package:
        for name, data in members:
            package.writestr(zipfile.ZipInfo(name, _WHEN), data)
        package.comment = _MARK + _digest(package.infolist()).encode()
    return out.getvalue()


def _digest(members: Sequence[zipfile.ZipInfo]) -> str:
    listed = "\n".join(f"{each.filename}\t{each.CRC:08x}\t{each.file_size}" for each in members)
    return hashlib.sha256(listed.encode("utf-8", "surrogatepass")).hexdigest()


def _is_ours(path: Path) -> bool:
    """Whether we made the zip and nobody has changed it since: it then says so itself."""
    try:
        if path.is_symlink():
            return False
        with zipfile.ZipFile(path) as package:
            return package.comment == _MARK + _digest(package.infolist()).encode() and package.testzip() is None
    except (OSError, zipfile.BadZipFile):
        return False
