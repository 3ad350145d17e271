"""Who uses our own database server and whether it runs, known by locks that end with the process that held them.

Each user holds `users.lock` shared, the server and all its processes hold `server.lock`, and `turn.lock` lets
one process at a time start or stop the server. No list of processes can go stale.
"""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator

from farthing.postgres.embedded_place import Place

USERS = "users.lock"
SERVER = "server.lock"
TURN = "turn.lock"
POLL_SECONDS = 0.03


@contextlib.contextmanager
def turn(place: Place) -> Iterator[None]:
    """One process at a time starts or stops the server of this place."""
    path = place.home / TURN
    while True:
        place.prepare()
        lock = place.open_ours(path, os.O_RDWR)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            # Whoever removed the database removed this file too; then we hold a lock on nothing.
            if _is_still_at(path, lock):
                yield
                return
        finally:
            os.close(lock)


@contextlib.contextmanager
def whole(place: Place, name: str) -> Iterator[bool]:
    """Try to hold a lock alone; the value says whether that worked. To be asked in our turn only."""
    lock = place.open_ours(place.home / name, os.O_RDWR)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(lock)


def join_users(place: Place) -> int:
    """Become a user of the server, until the descriptor is closed or our process ends."""
    lock = place.open_ours(place.home / USERS, os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_SH)
    return lock


def hold_for_server(place: Place) -> int:
    """The server's own lock, held, as a descriptor for it to inherit."""
    lock = place.open_ours(place.home / SERVER, os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def server_runs(place: Place) -> bool:
    """Whether any process of the server lives."""
    with whole(place, SERVER) as free:
        return not free


def wait_until_gone(place: Place, *, seconds: float) -> bool:
    """Wait until no process of the server lives; False when some still do after that long."""
    give_up_at = time.monotonic() + seconds
    while server_runs(place):
        if time.monotonic() > give_up_at:
            return False
        time.sleep(POLL_SECONDS)
    return True


def _is_still_at(path: os.PathLike[str], descriptor: int) -> bool:
    try:
        return os.path.samestat(os.stat(path, follow_symlinks=False), os.fstat(descriptor))
    except FileNotFoundError:
        return False
