"""Work done ahead in threads, taken back in the order in which it was given."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, TimeoutError
from types import TracebackType
from typing import Generic, Self, TypeVar

from core.errors import Cancelled

T = TypeVar("T")

_POLL_S = 0.02


class Pipeline(Generic[T]):
    """Runs tasks in ``n_threads`` threads and hands out their results in order.

    A context manager: when it is left, what has not begun is dropped, what has begun is waited
    for, and the threads end. ``set_up`` runs once in each thread. An error of a task is raised
    where its result is taken.
    """

    def __init__(self, n_threads: int, set_up: Callable[[], None] | None = None) -> None:
        self._pool = ThreadPoolExecutor(n_threads, "pipeline", set_up or (lambda: None))
        self._waiting: deque[Future[T]] = deque()
        self._most = n_threads + 1
        self._stopped = threading.Event()

    @property
    def has_room(self) -> bool:
        """Whether to give another task: each thread has one, and one lies ready for the first."""
        return len(self._waiting) < self._most

    def __len__(self) -> int:
        """Tasks whose results have not been taken."""
        return len(self._waiting)

    def give(self, task: Callable[[Callable[[], None]], T]) -> None:
        """Put ``task`` at the end; it gets a function to call now and then, which may end it."""

        def check() -> None:
            if self._stopped.is_set():
                raise Cancelled

        self._waiting.append(self._pool.submit(task, check))

    def take(self, poll: Callable[[], None]) -> T:
        """The result of the oldest task; ``poll`` is called while it is waited for."""
        future = self._waiting.popleft()
        while True:
            poll()
            try:
                return future.result(_POLL_S)
            except TimeoutError:
                if future.done():  # it was the task's own error
                    raise

    def withdraw(self) -> int:
        """Drop the last tasks given, as far as they have not begun; how many these were."""
        n_before = len(self._waiting)
        while self._waiting and self._waiting[-1].cancel():
            self._waiting.pop()
        return n_before - len(self._waiting)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopped.set()
        self._waiting.clear()
        self._pool.shutdown(wait=True, cancel_futures=True)
