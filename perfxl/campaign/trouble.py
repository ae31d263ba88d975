"""Why a campaign cannot go on: a code, the words in both languages, and the exit code."""

from __future__ import annotations


class CampaignError(Exception):
    """What stops a command on a campaign; nothing was lost.

    ``code`` is a name such as ``LEDGER_DAMAGED``; ``zh`` and ``en`` say what is wrong and what
    to do; ``exit_code`` is that of the command (2 configuration, 3 could not, 4 held).
    """

    def __init__(self, code: str, zh: str, en: str, exit_code: int = 3) -> None:
        super().__init__(f"{code}: {en}")
        self.code = code
        self.zh = zh
        self.en = en
        self.exit_code = exit_code
