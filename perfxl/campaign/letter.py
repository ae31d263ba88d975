"""The words of a message: a template that the officer may edit, filled in by Jinja2.

A template is a text file in ``mail/`` of the campaign folder.  Its first line is the subject
(``主题：`` or ``Subject:``); after it comes the body.  A name that does not exist is an error,
never a blank; templates run in a sandbox, as they are files that people pass on.
"""

from __future__ import annotations

import datetime
import re
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import jinja2
import jinja2.sandbox

from .address import control
from .plan import Contact, Unit
from .trouble import CampaignError

_SUBJECT = re.compile(r"(?:主题|Subject)\s*[:：]\s*(.*)", re.IGNORECASE)


class Project(NamedTuple):
    """项目 as a letter names it: its name, and the attachment that it is in."""

    name: str
    file: str


class Facts(NamedTuple):
    """What a template may use."""

    unit: Unit
    contacts: tuple[Contact, ...]
    projects: tuple[Project, ...]
    year: int
    due: datetime.date | None
    department: str
    sender: str
    title: str
    part: int = 1
    parts: int = 1


class Letter(NamedTuple):
    """Subject and body, as text."""

    subject: str
    body: str


class Said(Protocol):
    """What a template may use, by name."""

    def _asdict(self) -> dict[str, Any]: ...


def render(path: Path, facts: Said) -> Letter:
    """The letter. Raises ``CampaignError`` that names file, line and fault."""
    try:
        text = _template(path.read_text(encoding="utf-8-sig")).render(facts._asdict())
    except (OSError, UnicodeDecodeError) as error:
        raise _broken(path, 0, str(error)) from error
    except jinja2.TemplateSyntaxError as error:
        raise _broken(path, error.lineno, error.message or "") from error
    except (jinja2.TemplateError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise _broken(path, _line(error), str(error)) from error
    first, _, body = text.lstrip().partition("\n")
    found = _SUBJECT.fullmatch(first.strip())
    subject = " ".join(found.group(1).split()) if found else ""
    if not subject:
        raise _broken(path, 1, "第一行应为“主题：…” · the first line should be “Subject: …”")
    if control(subject) or len(subject) > 200:
        raise _broken(path, 1, "主题过长或含有控制字符 · the subject is too long or holds control characters")
    if not body.strip():
        raise _broken(path, 2, "没有正文 · there is no body")
    return Letter(subject, body.strip("\n") + "\n")


@lru_cache(maxsize=8)
def _template(source: str) -> jinja2.Template:
    world = jinja2.sandbox.ImmutableSandboxedEnvironment(
        undefined=jinja2.StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return world.from_string(source)


def _line(error: BaseException) -> int:
    line, trace = 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _broken(path: Path, line: int, why: str) -> CampaignError:
    zh, en = (f"第 {line} 行", f", line {line}") if line else ("", "")
    return CampaignError(
        "TEMPLATE_BROKEN",
        f"邮件模板 {path} {zh}有误：{why}。请改正；删除这个文件则重新得到原样。",
        f"The letter template {path}{en}: {why}. Mend it; where the file is deleted, the original comes again.",
        2,
    )
