"""The letter templates 信笺 of a campaign: where they lie, and how they come there."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from ..form import template_text
from .trouble import CampaignError

FOLDER = "mail"


def template_path(folder: Path, kind: str, lang: str) -> Path:
    """Where the template of a kind of letter (``issue`` …) lies in the campaign folder."""
    return folder / FOLDER / f"{kind}.{lang}.txt"


def supply_templates(folder: Path, kinds: Iterable[str] = ("issue",)) -> list[Path]:
    """Copy the templates that are not there yet into the campaign folder; none is overwritten."""
    made = []
    for kind in kinds:
        for lang in ("zh", "en"):
            path = template_path(folder, kind, lang)
            try:
                os.makedirs(path.parent, exist_ok=True)
                with suppress(FileExistsError), open(path, "x", encoding="utf-8", newline="\n") as file:
                    made.append(path)
                    file.write(template_text(f"mail/{path.name}"))
            except OSError as error:
                why = error.strerror or "?"
                raise CampaignError(
                    "CANNOT_WRITE", f"写不了邮件模板 {path}：{why}", f"cannot write the template {path}: {why}"
                ) from error
    return made
