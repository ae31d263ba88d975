"""Troubles of a campaign as the command line says them."""

from __future__ import annotations

import click

from ..campaign.trouble import CampaignError
from .speech import Speech


class CampaignClickError(click.ClickException):
    """A ``CampaignError`` in the language spoken, with its exit code."""

    def __init__(self, error: CampaignError, say: Speech) -> None:
        super().__init__(say(error.zh, error.en))
        self.__dict__["exit_code"] = error.exit_code  # click looks it up on the instance
