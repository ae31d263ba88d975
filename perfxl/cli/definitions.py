"""Form definitions as the command line names them, and the mistakes in them."""

from __future__ import annotations

from collections.abc import Sequence

import click

from ..form import BrokenDefinitionError, Form, Mistake, UnknownFormError, load_form, near
from .speech import Speech


class BrokenFileError(click.ClickException):
    """A definition or a project file with mistakes, all of them listed."""

    exit_code = 2

    def __init__(self, problems: list[BrokenDefinitionError], say: Speech) -> None:
        super().__init__("\n".join(line for problem in problems for line in listed(problem, say)))


def listed(problem: BrokenDefinitionError, say: Speech) -> list[str]:
    """Every mistake of a file on a line of its own, below the file's name."""
    count = len(problem.mistakes)
    head = say(f"{problem.source}：{count} 处错误", f"{problem.source}: {count} mistake{'s' * (count != 1)}")
    return [head, *(f"  {mistake(each, say)}" for each in problem.mistakes)]


def mistake(each: Mistake, say: Speech) -> str:
    """A mistake: the key, the value, what is wrong, what may be meant."""
    found = f"{each.key} = {each.value}" if each.value not in ("", "''") else each.key
    place = say(f"{found}：", f"{found}: ") if found else ""
    hint = say(f"（是不是 {each.hint}？）", f" (did you mean {each.hint}?)") if each.hint else ""
    return f"{place}{say(each.zh, each.en)}{hint}"


def meant(word: str, codes: Sequence[str], say: Speech) -> str:
    """Which code may have been meant: the nearest, else those that begin alike."""
    hint = near(word.upper(), codes) or ", ".join(
        sorted(code for code in codes if len(code) == 3 and code.startswith(word[:1].upper()))
    )
    hint = hint or ", ".join(dict.fromkeys(code[0] for code in codes))
    return say(f"是不是 {hint}？", f"Did you mean {hint}?")


def form_of(name: str, say: Speech) -> Form:
    """The form of an id or of a ``.toml`` path; whatever is wrong with it is a usage error."""
    try:
        return load_form(name)
    except UnknownFormError as error:
        hint = near(name, error.known)
        known = say("、", ", ").join(error.known)
        zh = f"没有 {name} 这种表样。" + (f"是不是 {hint}？" if hint else "") + f"现有：{known}"
        en = f"No form {name!r}. " + (f"Did you mean {hint}? " if hint else "") + f"There are: {known}"
        raise click.UsageError(say(zh, en)) from error
    except BrokenDefinitionError as error:
        raise BrokenFileError([error], say) from error
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(say(f"读不了 {name}：{error}", f"cannot read {name}: {error}")) from error


def form_to_judge_by(name: str, say: Speech) -> Form:
    """The definition asked for; ``general`` is none, so that only what the sheet prints is judged."""
    from ..choice import GENERAL, general  # kept out of the start of a check that names no form

    return general() if name == GENERAL else form_of(name, say)
