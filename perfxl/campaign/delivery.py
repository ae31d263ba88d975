"""Messages of the outbox to the mail server: one at a time, at the provider's pace, each once.

The order of events for one message is the heart of it: claim, read the stored bytes, prove them,
open a session, MAIL, RCPT for every recipient, commit ``data_started``, DATA, the final dot, commit
what came of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal, NamedTuple

from .enclosing import MismatchError
from .mailbox import Mailbox
from .outbox import Outbox, Row
from .pace import Clock, Pace
from .replies import Meaning, Means, Reply, meaning_of
from .smtp import Delivery, NoSessionError, Session
from .trouble import CampaignError

BACKOFF = (120.0, 900.0, 3_600.0)
"""Seconds to wait before the second, the third and a later try."""

TRIES, UNCERTAIN_AT_MOST, SLICE = 3, 3, 0.5
"""Tries of a message (and of a connection) in one run; how many messages may become uncertain in one run
before it stops; seconds between looks at whether a person wants to stop."""

Kind = Literal["sent", "refused", "deferred", "uncertain", "held", "waiting", "trouble"]


class Told(NamedTuple):
    """Something that happened, for whoever looks on. ``seconds`` is how long the courier waits."""

    kind: Kind
    row: Row | None
    zh: str
    en: str
    seconds: float = 0


class Report:
    """What came of a run, by message; why it stopped before the end, where it did."""

    def __init__(self) -> None:
        self.sent: list[Row] = []
        self.refused: list[tuple[Row, str]] = []
        self.deferred: list[tuple[Row, str]] = []
        self.uncertain: list[tuple[Row, str]] = []
        self.held: list[tuple[Row, MismatchError]] = []
        self.left: list[Row] = []
        self.stopped: tuple[str, str] | None = None
        self.interrupted = False


class _Waiting:
    """A message that is to be tried, not before ``due`` on the clock."""

    def __init__(self, row: Row) -> None:
        self.row, self.due, self.tries = row, 0.0, 0


class StopRun(Exception):  # noqa: N818 - not a fault: the run ends here
    """The run ends: why, in both languages."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.words = (zh, en)


class Courier:
    """Carries messages. ``open_session`` connects and logs in; ``prove`` raises ``MismatchError`` for
    bytes that must not go; ``tell`` hears what happens; ``wants_stop`` is asked between messages."""

    def __init__(
        self,
        outbox: Outbox,
        mailbox: Mailbox,
        *,
        open_session: Callable[[], Session],
        prove: Callable[[Row, bytes], None],
        pace: Pace,
        clock: Clock,
        tell: Callable[[Told], None] = lambda told: None,
        wants_stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self._outbox, self._mailbox = outbox, mailbox
        self._open, self._prove, self._pace, self._clock = open_session, prove, pace, clock
        self._tell, self._wants_stop = tell, wants_stop
        self._session: Session | None = None
        self._used = self._pauses = 0
        self._paused_until = 0.0
        self.report = Report()

    def run(self, rows: Iterable[Row]) -> Report:
        """Carry these messages; the report says what came of each. What a run does not come to stays
        in the queue. ``CampaignError`` of the ledger passes through: nothing is sent that cannot be
        written down."""
        every = list(rows)
        waiting = [_Waiting(row) for row in every]
        try:
            while waiting and not self._wants_stop():
                if self._pace.used_up():
                    limit = self._mailbox.per_day
                    raise StopRun(f"已到每日上限 {limit} 封，明天再运行", f"the day's limit of {limit} is reached")
                item = min(waiting, key=lambda each: each.due)
                if not self._wait_for(item):
                    break
                waiting.remove(item)
                if self._one(item):
                    waiting.append(item)
        except StopRun as stop:
            self.report.stopped = stop.words
        finally:
            self._close()
        self.report.interrupted = self._wants_stop()
        done = {row.id for row in self._finished()}
        self.report.left = [row for row in every if row.id not in done]
        return self.report

    def _finished(self) -> list[Row]:
        report = self.report
        return [*report.sent, *(row for row, _ in (*report.refused, *report.deferred, *report.uncertain, *report.held))]

    def _one(self, item: _Waiting) -> bool:
        """One try of one message; whether it is to be tried again in this run."""
        row = item.row
        self._outbox.claim(row)
        try:
            data = self._outbox.data(row)
            self._prove(row, data)
        except MismatchError as error:
            return self._hold(row, error)
        except CampaignError as error:
            if error.code != "MESSAGE_SPOILT":
                raise
            return self._hold(row, MismatchError(error.zh, error.en))
        session = self._ready(row)
        if session is None:
            return True
        limit = min(self._mailbox.size, session.size or self._mailbox.size)
        if len(data) > limit:
            meaning = Meaning("refused", "邮件太大", "the message is too large")
            return self._refuse(row, f"{len(data)} > {limit}", meaning)
        self._used += 1
        to = self._envelope(row)
        delivery = session.deliver(self._mailbox.address, to, data, lambda: self._start(row))
        if not delivery.open:
            self._close()
        return self._settle(item, delivery)

    def _envelope(self, row: Row) -> tuple[str, ...]:
        """Whom the server is told: the recipients, and the archive that they do not see. No trial goes there."""
        archive = self._mailbox.archive
        known = {address.casefold() for address in row.recipients}
        if not archive or archive.casefold() in known or row.purpose.startswith("trial"):
            return row.recipients
        return (*row.recipients, archive)

    def _start(self, row: Row) -> None:
        self._outbox.start_data(row)
        self._pace.started()

    def _settle(self, item: _Waiting, delivery: Delivery) -> bool:
        """Write down what came of a message, and decide about the rest."""
        row, words = item.row, "; ".join(map(str, delivery.replies))
        if delivery.state == "accepted":
            self._outbox.finish(row, "sent", words)
            self._pauses = 0
            self.report.sent.append(row)
            self._tell(Told("sent", row, "已发送", "sent"))
            return False
        if delivery.state == "unknown":
            return self._doubt(row, words)
        reply, meaning = self._gravest(delivery.replies)
        if meaning.means == "refused" and reply.address and reply.address not in row.recipients:
            self._outbox.finish(row, "deferred", words)
            self.report.deferred.append((row, words))
            zh, en = (
                "存档地址被拒收，请改正或去掉（archive、--bcc-archive）",
                "the archive's address was refused; correct it",
            )
            raise StopRun(f"{zh}：{reply}", f"{en}: {reply}")
        if meaning.means == "refused":
            return self._refuse(row, words, meaning)
        if meaning.means == "stop":
            self._outbox.finish(row, "deferred", words)
            self.report.deferred.append((row, words))
            raise StopRun(f"{meaning.zh}：{reply}", f"{meaning.en}: {reply}")
        return self._defer(item, words, meaning, everybody=meaning.means == "pause" or not reply.code)

    def _gravest(self, replies: tuple[Reply, ...]) -> tuple[Reply, Meaning]:
        order: tuple[Means, ...] = ("stop", "pause", "refused", "deferred", "sent")
        found = [(reply, meaning_of(reply, self._mailbox.rate_marks)) for reply in replies]
        return min(found, key=lambda each: order.index(each[1].means))

    def _refuse(self, row: Row, words: str, meaning: Meaning) -> bool:
        self._outbox.finish(row, "refused", words)
        self.report.refused.append((row, words))
        self._tell(Told("refused", row, f"{meaning.zh}：{words}", f"{meaning.en}: {words}"))
        return False

    def _doubt(self, row: Row, words: str) -> bool:
        self._outbox.finish(row, "uncertain", words)
        self.report.uncertain.append((row, words))
        self._tell(Told("uncertain", row, f"不确定是否送达：{words}", f"uncertain whether it arrived: {words}"))
        if len(self.report.uncertain) >= UNCERTAIN_AT_MOST:
            raise StopRun("服务器几次没有给出完整答复", "the server left several messages without an answer")
        self._pause("服务器中断了连接", "the server broke off")
        return False

    def _hold(self, row: Row, error: MismatchError) -> bool:
        self._outbox.release(row, error.en)
        self.report.held.append((row, error))
        self._tell(Told("held", row, error.zh, error.en))
        return False

    def _defer(self, item: _Waiting, words: str, meaning: Meaning, *, everybody: bool) -> bool:
        self._outbox.finish(item.row, "deferred", words)
        item.tries += 1
        self._tell(Told("deferred", item.row, f"{meaning.zh}：{words}", f"{meaning.en}: {words}"))
        again = item.tries < TRIES
        if again:
            item.due = self._clock.seconds() + BACKOFF[item.tries - 1]
        else:
            self.report.deferred.append((item.row, words))
        if everybody:
            try:
                self._pause(meaning.zh, meaning.en)
            except StopRun:
                if again:
                    self.report.deferred.append((item.row, words))
                raise
        return again

    def _ready(self, row: Row) -> Session | None:
        """The session, opened where there is none or the last has carried enough. ``None`` where the
        server cannot be reached now: the message is back in the queue."""
        most = self._mailbox.per_connection
        if self._session is not None and 0 < most <= self._used:
            self._close()
        if self._session is not None:
            return self._session
        try:
            self._session, self._used = self._open(), 0
        except NoSessionError as error:
            self._outbox.release(row, str(error.reply))
            meaning = meaning_of(error.reply, self._mailbox.rate_marks)
            if error.fatal or meaning.means == "stop":
                zh, en = meaning.zh, meaning.en
                if not error.reply.code:
                    zh, en = "无法安全登录", "no safe login is possible"
                raise StopRun(f"{zh}：{error.reply}", f"{en}: {error.reply}") from error
            self._tell(Told("trouble", None, f"连不上：{error.reply}", f"cannot connect: {error.reply}"))
            self._pause(f"连不上服务器（{error.reply}）", f"the server cannot be reached ({error.reply})")
            return None
        return self._session

    def _pause(self, zh: str, en: str) -> None:
        """Everybody waits; the run stops where it has had to wait too often without a success between."""
        self._pauses += 1
        if self._pauses >= TRIES:
            raise StopRun(zh, en)
        self._paused_until = self._clock.seconds() + BACKOFF[self._pauses - 1]

    def _wait_for(self, item: _Waiting) -> bool:
        """Wait until the message may go; ``False`` where somebody wants to stop."""
        until = max(item.due, self._paused_until, self._clock.seconds() + self._pace.delay())
        left = until - self._clock.seconds()
        if left > 10:
            self._close()  # servers close idle sessions
            zh, en = (
                f"等待 {left:.0f} 秒后继续（Ctrl-C 结束，已发的都已记下）",
                f"waiting {left:.0f} s (Ctrl-C ends; all is noted)",
            )
            self._tell(Told("waiting", item.row, zh, en, left))
        while (left := until - self._clock.seconds()) > 0:
            if self._wants_stop():
                return False
            self._clock.wait(min(left, SLICE))
        return not self._wants_stop()

    def _close(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None
