"""How fast messages may follow each other, by the profile of the provider."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Protocol

from .mailbox import Mailbox

MINUTE, DAY = 60.0, 86_400.0


class Clock(Protocol):
    """Seconds that never go back, and waiting."""

    def seconds(self) -> float: ...

    def wait(self, seconds: float) -> None: ...


class RealClock:
    """The clock of the machine. It does not jump when somebody sets the time."""

    def seconds(self) -> float:
        return time.monotonic()

    def wait(self, seconds: float) -> None:
        time.sleep(seconds)


class Pace:
    """When the next message may go. ``earlier`` are the times of messages of earlier runs."""

    def __init__(self, mailbox: Mailbox, clock: Clock, earlier: Iterable[datetime] = ()) -> None:
        self._mailbox = mailbox
        self._clock = clock
        present, at = datetime.now(UTC), clock.seconds()
        ages = sorted((max(0.0, (present - each).total_seconds()) for each in earlier), reverse=True)
        self._starts = deque(at - age for age in ages)

    def used_up(self) -> bool:
        """Whether the allowance of 24 hours is spent."""
        self._forget()
        return 0 < self._mailbox.per_day <= len(self._starts)

    def delay(self) -> float:
        """Seconds until the next message may go."""
        at = self._clock.seconds()
        due = [at]
        if self._starts:
            due.append(self._starts[-1] + self._mailbox.gap)
        if 0 < self._mailbox.per_minute <= len(self._starts):
            due.append(self._starts[-self._mailbox.per_minute] + MINUTE)
        return max(due) - at

    def started(self) -> None:
        """A message goes now."""
        self._starts.append(self._clock.seconds())

    def _forget(self) -> None:
        oldest = self._clock.seconds() - DAY
        while self._starts and self._starts[0] <= oldest:
            self._starts.popleft()
