"""One demo a folder: whoever runs it holds a lock, which the system drops when the process ends in any way."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from farthing.core.refused import Refused


@contextmanager
def alone_in(home: Path) -> Iterator[None]:
    """Refuses while another process runs the demo in this folder."""
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    held = os.open(home / "running.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(held)
        raise Refused("The demo runs already; use its page, or end it with Ctrl-C where it was started.") from None
    try:
        yield
    finally:
        os.close(held)
