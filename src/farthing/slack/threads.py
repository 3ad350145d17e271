"""Threads for what blocks: the app listens in one loop, the books are read and written beside it."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

T = TypeVar("T")


class Threads:
    """Two groups of threads, so that long work never keeps anyone waiting for an acknowledgement.

    What is done in a thread speaks the reader's language, as whoever asked for it does.
    """

    def __init__(self, *, for_acks: int = 4, for_work: int = 6) -> None:
        self._acks = ThreadPoolExecutor(for_acks, "slack-ack")
        self._work = ThreadPoolExecutor(for_work, "slack-work")

    async def before_ack(self, do: Callable[[], T]) -> T:
        """A few reads and a write that must come first; short."""
        return await asyncio.get_running_loop().run_in_executor(self._acks, copy_context().run, do)

    async def work(self, do: Callable[[], T]) -> T:
        """Anything else."""
        return await asyncio.get_running_loop().run_in_executor(self._work, copy_context().run, do)
