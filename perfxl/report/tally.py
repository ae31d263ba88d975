"""Counts over verdicts, kept while they stream by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..finding import BatchFinding, Finding, Severity, Verdict


class Tally:
    """How many files and forms there were, how they fared, and how many findings were made.

    ``forms`` are the sheets that were judged; a file that was not judged counts once.  Findings that
    are waived count as ``waived`` only.
    """

    def __init__(self) -> None:
        self.files = self.forms = 0
        self.statuses = dict.fromkeys(("pass", "notes", "fail", "rejected", "internal_error"), 0)
        self.severities = dict.fromkeys(("error", "warning", "info"), 0)
        self.waived = 0
        self._last: str | None = None

    def add(self, verdict: Verdict) -> None:
        """Count one verdict; those of one file come one after the other."""
        if verdict.file != self._last:
            self.files, self._last = self.files + 1, verdict.file
        self.statuses[verdict.status] += 1
        if verdict.status in ("pass", "notes", "fail"):
            self.forms += 1
        for finding in verdict.findings:
            self._count(finding)

    def add_across(self, finding: BatchFinding) -> None:
        """Count one finding across forms; it changes the status of no form."""
        self._count(finding.finding)

    def _count(self, finding: Finding) -> None:
        if finding.waived is None:
            self.severities[finding.severity.value] += 1
        else:
            self.waived += 1

    def counted(self, verdicts: Iterable[Verdict]) -> Iterator[Verdict]:
        """The verdicts, counted on their way."""
        for verdict in verdicts:
            self.add(verdict)
            yield verdict

    def at_least(self, severity: Severity) -> int:
        """How many findings are at or above that severity."""
        return sum(count for name, count in self.severities.items() if Severity(name).rank >= severity.rank)

    def exit_code(self, fail_on: str) -> int:
        """3 where a file could not be judged, 1 where findings reach ``fail_on`` (or ``never``), else 0."""
        if self.not_judged:
            return 3
        return int(fail_on != "never" and self.at_least(Severity(fail_on)) > 0)

    @property
    def not_judged(self) -> int:
        """How many files could not be judged."""
        return self.statuses["rejected"] + self.statuses["internal_error"]

    @property
    def summary(self) -> dict[str, int]:
        """The counts by name, in the order of the JSON report."""
        findings = {f"{name}s": count for name, count in self.severities.items()}
        return {"files": self.files, "forms": self.forms, **self.statuses, **findings, "waived": self.waived}
