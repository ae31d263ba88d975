"""Work spread over processes, or over any executor, with results in order.

A process that dies costs nobody else a result: what was under way is then tried one by one.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

CHUNK, SERIAL_BELOW = 32, 500
"""Items that go to a worker at a time; below so many items a second worker does not pay."""

Item = TypeVar("Item")
Result = TypeVar("Result")
Work = Callable[[Sequence[Item]], list[Result]]
"""Some items to their results, one for each; sent to other processes."""


def workers_for(items: int) -> int:
    """How many processes pay for so many items."""
    return max(1, min(os.cpu_count() or 1, items // SERIAL_BELOW))


def spread(
    work: Work[Item, Result],
    items: Sequence[Item],
    lost: Callable[[Item], Result],
    *,
    jobs: int = 1,
    executor: Executor | None = None,
) -> Iterator[Result]:
    """The results in the order of the items; ``jobs`` 0 means as many processes as pay.

    An ``executor`` is used instead of own processes where one is given.  ``lost`` says what
    becomes of an item that ended its process.
    """
    jobs = jobs or workers_for(len(items))
    if executor is not None:
        yield from _window(work, items, executor, 2 * (os.cpu_count() or 1))
    elif jobs > 1 and len(items) > 1:
        yield from _pool(work, items, lost, jobs)
    else:
        for item in items:
            yield from work([item])


def _pool(
    work: Work[Item, Result], items: Sequence[Item], lost: Callable[[Item], Result], jobs: int
) -> Iterator[Result]:
    """Own processes.  Where one dies, its items are tried one by one, so that only the guilty one suffers."""
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    done = 0
    while done < len(items):
        with ProcessPoolExecutor(jobs, initializer=_quiet_worker) as pool:
            try:
                for result in _window(work, items[done:], pool, 2 * jobs):
                    done += 1
                    yield result
                return
            except BrokenProcessPool:
                pass
        for item in items[done : done + CHUNK]:
            with ProcessPoolExecutor(1, initializer=_quiet_worker) as pool:
                try:
                    (result,) = pool.submit(work, [item]).result()
                except BrokenProcessPool:
                    result = lost(item)
            done += 1
            yield result


def _quiet_worker() -> None:
    """Ctrl-C is for the parent, which stops the workers."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _window(work: Work[Item, Result], items: Sequence[Item], executor: Executor, width: int) -> Iterator[Result]:
    """Results in order, with no more than ``width`` chunks under way."""
    size = max(1, min(CHUNK, -(-len(items) // width)))
    under_way: deque[Future[list[Result]]] = deque()
    try:
        for at in range(0, len(items), size):
            under_way.append(executor.submit(work, items[at : at + size]))
            if len(under_way) >= width:
                yield from under_way.popleft().result()
        while under_way:
            yield from under_way.popleft().result()
    finally:
        for future in under_way:
            future.cancel()
