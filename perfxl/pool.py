"""Work spread over processes, or over any executor, with results in order.

Each item gives its results one by one, so that whoever dies or hangs costs the one result under way:
that one is ``lost``, and the item goes on behind it.  Ctrl-C is for whoever asked for the work: a
``stop`` that says yes ends it after the items in hand.
"""

from __future__ import annotations

import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

CHUNK, SERIAL_BELOW, AHEAD = 16, 500, 3
"""Items that go to a worker at a time; below so many items a second worker does not pay; so many
chunks for each worker are under way at most."""

PATIENCE, GLANCE = 20.0, 0.25
"""Seconds after which a worker that gives no result is given up; how often ``stop`` is asked meanwhile."""

Item = TypeVar("Item")
Result = TypeVar("Result")
Work = Callable[[Item, int], Iterator[Result]]
"""The results of an item but the first so many; sent to other processes."""

Fate = Literal["MEMORY_LIMIT", "TIME_LIMIT"]
Lost = Callable[[Item, int, Fate], Result | None]
"""What stands for the result of that number that never came, for its process died or was given up; ``None``
where the item has no such result."""


def workers_for(items: int) -> int:
    """How many processes pay for so many items."""
    return max(1, min(_processors(), items // SERIAL_BELOW))


def _processors() -> int:
    """Those that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _Each:
    """Work on several items at once, item by item."""

    def __init__(self, work: Callable[[Sequence[Any]], list[Any]]) -> None:
        self.work = work

    def __call__(self, item: object, skip: int) -> Iterator[Any]:
        return iter(() if skip else self.work([item]))


def spread(
    work: Callable[[Sequence[Item]], list[Result]],
    items: Sequence[Item],
    lost: Callable[[Item], Result],
    *,
    jobs: int = 1,
    executor: Executor | None = None,
) -> Iterator[Result]:
    """The one result of each item, in order; else as ``stream``."""

    def gone(item: Item, number: int, _: Fate) -> Result | None:
        return None if number else lost(item)

    events = stream(_Each(work), items, gone, jobs=jobs, executor=executor)
    return (event for event in events if event is not None)


def stream(
    work: Work[Item, Result],
    items: Sequence[Item],
    lost: Lost[Item, Result],
    *,
    jobs: int = 1,
    executor: Executor | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Result | None]:
    """The results in the order of the items, ``None`` behind the last one of each item.

    ``jobs`` 0 means as many processes as pay; an ``executor`` is used instead of own processes where
    one is given.  ``lost`` says what becomes of a result that ended its process.
    """
    jobs = jobs or workers_for(len(items))
    if executor is not None:
        yield from _window(work, items, executor, stop)
    elif jobs > 1 and len(items) > 1:
        yield from _Pool(work, items, lost, min(jobs, len(items)), stop).results()
    else:
        for item in items:
            if stop():
                return
            yield from work(item, 0)
            yield None


# ---- any executor -----------------------------------------------------------------------


def _chunk(work: Work[Item, Result], items: Sequence[Item]) -> list[list[Result]]:
    return [list(work(item, 0)) for item in items]


def _window(
    work: Work[Item, Result], items: Sequence[Item], executor: Executor, stop: Callable[[], bool]
) -> Iterator[Result | None]:
    """Results in order, with no more than a few chunks under way."""
    width = AHEAD * _processors()
    size = max(1, min(CHUNK, -(-len(items) // width)))
    under_way: deque[Future[list[list[Result]]]] = deque()
    try:
        for at in range(0, len(items), size):
            if stop():
                break
            under_way.append(executor.submit(_chunk, work, items[at : at + size]))
            if len(under_way) >= width:
                yield from _ended(under_way.popleft().result())
        while under_way:
            future = under_way.popleft()
            if not (stop() and future.cancel()):
                yield from _ended(future.result())
    finally:
        for future in under_way:
            future.cancel()


def _ended(chunk: list[list[Result]]) -> Iterator[Result | None]:
    for results in chunk:
        yield from results
        yield None


# ---- processes of our own -----------------------------------------------------------------

_END, _STOP = b"", b"stop"


class _Worker:
    """A process, the items in its hands, and when it last gave a sign of life."""

    def __init__(self, context: Any, work: object, others: Sequence[_Worker]) -> None:
        self.connection, far = context.Pipe()
        # a copy of this process holds our ends of all pipes too; while it does, nobody notices that we are gone
        copied = context.get_start_method() == "fork"
        ours = [self.connection, *(each.connection for each in others)] if copied else []
        self.process: BaseProcess = context.Process(target=_serve, args=(far, ours, work), daemon=True)
        _start(self.process)
        far.close()
        self.hands: deque[int] = deque()
        self.alive_at = time.monotonic()

    def give(self, numbers: Sequence[int], items: Sequence[object], skips: Sequence[int]) -> None:
        """Hand over items."""
        import pickle

        if not self.hands:
            self.alive_at = time.monotonic()
        self.hands.extend(numbers)
        with suppress(OSError):  # where it has died, that is noticed when its results are waited for
            self.connection.send_bytes(pickle.dumps((list(items), list(skips))))

    def close(self) -> None:
        """End it at once."""
        self.connection.close()
        self.process.kill()
        self.process.join()


def _start(process: BaseProcess) -> None:
    """Start it deaf to Ctrl-C from the first moment; on Windows it becomes so by itself, a moment later."""
    import signal
    import threading

    if threading.current_thread() is not threading.main_thread():
        process.start()
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process.start()
    finally:
        signal.signal(signal.SIGINT, before)


def _serve(connection: Connection, ours: Sequence[Connection], work: Work[Any, Any]) -> None:
    """The worker: items in, results out one by one, an empty message behind each item."""
    import pickle
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for each in ours:
        each.close()
    hands = deque[tuple[Any, int]]()
    try:
        while True:
            while not hands or connection.poll():
                message = connection.recv_bytes()
                if message == _STOP:
                    hands.clear()
                    connection.send_bytes(_STOP)
                else:
                    hands.extend(zip(*pickle.loads(message), strict=True))
            for result in work(*hands.popleft()):
                connection.send_bytes(pickle.dumps(result, pickle.HIGHEST_PROTOCOL))
            connection.send_bytes(_END)
    except (EOFError, OSError):
        return


class _Pool:
    """Some workers over one list of items."""

    def __init__(
        self, work: object, items: Sequence[Any], lost: Lost[Any, Any], jobs: int, stop: Callable[[], bool]
    ) -> None:
        import threading
        from multiprocessing import get_all_start_methods, get_context

        self.work, self.items, self.lost, self.stop = work, items, lost, stop
        self.size = max(1, min(CHUNK, -(-len(items) // (2 * jobs))))
        self.ahead = AHEAD * jobs * self.size
        # a process with threads cannot be copied safely
        forks = "fork" in get_all_start_methods() and sys.platform == "linux" and threading.active_count() == 1
        self.context = get_context("fork" if forks else "spawn")
        self.given = self.told = 0
        self.stopped = False
        self.done: dict[int, deque[bytes]] = {}
        self.counts: dict[int, int] = {}
        self.retried: set[int] = set()
        self.workers: list[_Worker] = []
        self.jobs = jobs

    def results(self) -> Iterator[Any]:
        """All of them in order, ``None`` behind each item."""
        try:
            for _ in range(self.jobs):
                self._add()
            while self.told < len(self.items):
                self._wait()
                yield from self._ready()
                if self.stopped and not any(worker.hands for worker in self.workers):
                    yield from self._leftovers()
                    return
        finally:
            for worker in self.workers:
                worker.close()

    def _add(self) -> _Worker:
        worker = _Worker(self.context, self.work, self.workers)
        self.workers.append(worker)
        self._feed(worker)
        return worker

    def _feed(self, worker: _Worker) -> None:
        """A chunk for a worker that will soon be free, unless the others are too far behind."""
        full = len(worker.hands) > self.size // 2
        if full or self.stopped or self.given >= min(len(self.items), self.told + self.ahead):
            return
        numbers = range(self.given, min(self.given + self.size, len(self.items)))
        self.given = numbers.stop
        worker.give(numbers, self.items[numbers.start : numbers.stop], [0] * len(numbers))

    def _wait(self) -> None:
        """Take in what has come; look after those of whom nothing was heard."""
        from multiprocessing.connection import wait

        busy = {worker.connection: worker for worker in self.workers}
        for connection in wait(list(busy), timeout=GLANCE):
            self._hear(busy[cast("Any", connection)])
        now = time.monotonic()
        for worker in list(self.workers):
            if worker.hands and now - worker.alive_at > PATIENCE:
                self._give_up(worker, "TIME_LIMIT")
        if not self.stopped and self.stop():
            self._stop()
        for worker in self.workers:
            self._feed(worker)

    def _hear(self, worker: _Worker) -> None:
        """All that one worker has to say."""
        try:
            while True:
                message = worker.connection.recv_bytes()
                worker.alive_at = time.monotonic()
                if message == _STOP:
                    worker.hands.clear()
                elif worker.hands:
                    number = worker.hands[0]
                    self.done.setdefault(number, deque()).append(message)
                    self.counts[number] = self.counts.get(number, 0) + 1
                    if message == _END:
                        worker.hands.popleft()
                if not worker.connection.poll():
                    return
        except (EOFError, OSError):
            self._give_up(worker, "MEMORY_LIMIT")

    def _give_up(self, worker: _Worker, fate: Fate) -> None:
        """Another worker in its place, for what it had in its hands; a death is tried once more, a hang is not."""
        import pickle

        worker.close()
        self.workers.remove(worker)
        numbers = list(worker.hands)
        if numbers:
            first = numbers[0]
            if fate == "TIME_LIMIT" or first in self.retried:
                self.retried.discard(first)
                number = self.counts.get(first, 0)
                result = self.lost(self.items[first], number, fate)
                self.done.setdefault(first, deque()).append(_END if result is None else pickle.dumps(result))
                self.counts[first] = number + 1
                if result is None:
                    del numbers[0]
            else:
                self.retried.add(first)
        if self.stopped and len(numbers) > 1:
            numbers = numbers[:1]
        if not numbers and self.given >= len(self.items):
            return
        fresh = _Worker(self.context, self.work, self.workers)
        self.workers.append(fresh)
        if numbers:
            skips = [self.counts.get(number, 0) for number in numbers]
            fresh.give(numbers, [self.items[number] for number in numbers], skips)

    def _stop(self) -> None:
        """No more items; each worker ends the one in its hands."""
        self.stopped = True
        for worker in self.workers:
            with suppress(OSError):
                worker.connection.send_bytes(_STOP)

    def _ready(self) -> Iterator[Any]:
        """What can be told in order."""
        import pickle

        while self.told in self.done:
            waiting = self.done[self.told]
            while waiting:
                message = waiting.popleft()
                if message == _END:
                    del self.done[self.told]
                    self.counts.pop(self.told, None)
                    self.told += 1
                    yield None
                    break
                yield pickle.loads(message)
            else:
                return

    def _leftovers(self) -> Iterator[Any]:
        """What was done behind a gap when the work was stopped."""
        import pickle

        for number in sorted(self.done):
            for message in self.done[number]:
                yield None if message == _END else pickle.loads(message)
