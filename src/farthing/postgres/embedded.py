"""A PostgreSQL of our own in a folder, so that nobody has to install a database to begin."""

import atexit
import contextlib
import os
import shutil
import signal
import time
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

import psutil
import psycopg

from farthing.postgres import embedded_locks as locks
from farthing.postgres.embedded_binaries import Binaries, find_binaries
from farthing.postgres.embedded_place import EmbeddedUnavailable, Place, forgotten_folders, place_for
from farthing.postgres.embedded_processes import (
    in_one_line,
    last_words,
    leftovers_of,
    postmaster_died,
    postmaster_of,
    recorded_socket_folder,
    run_as_server,
    server_of_deleted_folder,
)
from farthing.postgres.embedded_settings import settings_for_this_machine, settings_text

__all__ = ["EmbeddedPostgres", "EmbeddedUnavailable"]

# A recovery may take many minutes; the server says something every five seconds while it gets on with it, save
# for the checkpoint that ends it.
_SILENCE_ALLOWED_SECONDS = 300
_BEGINS_SECONDS = 10
_SETTLES_SECONDS = 2
_LEFTOVERS_LEAVE_SECONDS = 2
_LOG_KEPT_BYTES = 10 * 1024 * 1024


class EmbeddedPostgres:
    """A PostgreSQL of our own in a folder, shared by every process of ours that uses that folder.

    The first user starts it, the last one out stops it. `small` keeps it to 128 MB for tests.
    """

    def __init__(self, folder: Path, *, small: bool = False) -> None:
        self._folder = Path(folder)
        self._small = small
        self._place: Place | None = None
        self._socket_folder: Path | None = None
        self._users_lock: int | None = None
        self._postmaster: psutil.Process | None = None

    def __enter__(self) -> "EmbeddedPostgres":
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def url(self, database: str = "postgres", role: str = "postgres") -> str:
        """How to connect, for libpq, over a socket that only this user of the machine can reach."""
        assert self._socket_folder is not None, "url() was asked before start()"
        host = quote(str(self._socket_folder), safe="")
        return f"postgresql://{quote(role, safe='')}@/{quote(database, safe='')}?host={host}&port=5432"

    @property
    def log_file(self) -> Path:
        """Where the server writes what it does."""
        return (self._place or place_for(self._folder)).log

    def start(self) -> "EmbeddedPostgres":
        """Have the server running and answering: made, started, recovered or adopted, as needed."""
        if self._users_lock is not None:
            return self
        place = self._place = place_for(self._folder)
        if not place.data.exists():
            _remove_forgotten(place)
        with locks.turn(place):
            users_lock = locks.join_users(place)
            try:
                if not self._adopt(place):
                    self._launch(place)
            except BaseException:
                os.close(users_lock)
                raise
            self._users_lock = users_lock
        atexit.register(self.stop)
        return self

    def look_after(self) -> bool:
        """Start the server again if it died under its users; True when it had. Costs next to nothing while it lives."""
        place = self._place
        if place is None or self._users_lock is None or not place.home.is_dir():
            return False
        if postmaster_of(place.data) is not None:
            return False
        with locks.turn(place):
            # Somebody else of its users may have had the turn before us.
            if not self._adopt(place):
                self._launch(place)
        return True

    def stop(self) -> None:
        """Let go; the last user out stops the server, and waits until nothing of it is left."""
        if self._users_lock is None or self._place is None:
            return
        place, users_lock = self._place, self._users_lock
        self._users_lock = None
        atexit.unregister(self.stop)
        if not place.home.is_dir():
            # Someone deleted the folder under the running server; it has nothing to save any more.
            os.close(users_lock)
            if self._postmaster is not None and self._postmaster.is_running():
                self._postmaster.send_signal(signal.SIGQUIT)
            return
        with locks.turn(place):
            os.close(users_lock)
            with locks.whole(place, locks.USERS) as nobody_else:
                if nobody_else:
                    self._shut_down(place)

    def remove(self) -> None:
        """Stop the server and delete its data for good; refused while another process uses it."""
        self.stop()
        place = place_for(self._folder)
        if not place.home.is_dir():
            return
        with locks.turn(place), locks.whole(place, locks.USERS) as nobody_else:
            if not nobody_else:
                raise EmbeddedUnavailable(
                    f"Another process still uses the database in {self._folder}; stop it and try again."
                )
            self._shut_down(place)
            for folder in (place.socket_folder(), place.data, _unfinished(place)):
                if folder.exists():
                    shutil.rmtree(folder)
            for file in (place.log, _older_log(place), place.named_in):
                file.unlink(missing_ok=True)
            for lock in (locks.SERVER, locks.USERS, locks.TURN):
                (place.home / lock).unlink(missing_ok=True)
            # What else is in the folder is not ours to remove.
            with contextlib.suppress(OSError):
                place.home.rmdir()

    def _adopt(self, place: Place) -> bool:
        """Use the server that runs already, if it answers or soon will; else see that nothing of it is left."""
        settled_at = time.monotonic() + _SETTLES_SECONDS
        while locks.server_runs(place) and not postmaster_died(place.data) and time.monotonic() < settled_at:
            socket_folder = recorded_socket_folder(place.data)
            if socket_folder is not None and postmaster_of(place.data) is not None:
                self._socket_folder = place.private_folder(socket_folder)
                return self._wait_until_it_answers(place)
            time.sleep(locks.POLL_SECONDS)
        return False

    def _launch(self, place: Place) -> None:
        self._clear_leftovers(place)
        binaries = find_binaries(place.data, for_another_user=place.account is not None)
        if not (place.data / "PG_VERSION").exists():
            self._create(place, binaries)
        # Whoever is connected knows the socket it had before it died, which another TMPDIR may have put elsewhere.
        socket_folder = place.private_folder(self._socket_folder or place.socket_folder())
        self._socket_folder = socket_folder
        socket_lock = socket_folder / ".s.PGSQL.5432.lock"
        deleted = server_of_deleted_folder(socket_lock, place.data)
        if deleted is not None:
            # It would take our new socket away when it ends.
            deleted.send_signal(signal.SIGQUIT)
            deleted.wait(_LEFTOVERS_LEAVE_SECONDS)
        # Nobody holds the server's lock, so whatever process these files name is not our server.
        (place.data / "postmaster.pid").unlink(missing_ok=True)
        socket_lock.unlink(missing_ok=True)
        settings = settings_for_this_machine(
            place.data, socket_folder=socket_folder, has_lz4=binaries.has_lz4(), small=self._small
        )
        place.write_whole(place.data / "farthing.conf", settings_text(settings))
        if place.log.exists() and place.log.stat().st_size > _LOG_KEPT_BYTES:
            place.log.replace(_older_log(place))
        log = place.open_ours(place.log, os.O_WRONLY | os.O_APPEND)
        log_began_at = os.fstat(log).st_size
        server_lock = locks.hold_for_server(place)
        try:
            # The shell leaves at once and the server is nobody's child: it outlives us, Ctrl-C does not reach
            # it, and it leaves no zombie. The server and all its processes inherit the lock.
            run_as_server(
                place,
                ["/bin/sh", "-c", '"$@" &', "sh", binaries.program("postgres"), "-D", str(place.data)],
                output=log,
                inherited=server_lock,
            )
        finally:
            os.close(server_lock)
            os.close(log)
        if not self._wait_until_it_answers(place):
            self._clear_leftovers(place)
            raise EmbeddedUnavailable(
                f"The embedded PostgreSQL did not start: {last_words(place.log, began_at=log_began_at)} "
                f"(its log is {place.log})."
            )

    def _create(self, place: Place, binaries: Binaries) -> None:
        """A new, empty database, made aside and moved into place whole, so that a half-made one is never used."""
        aside = _unfinished(place)
        if aside.exists():
            shutil.rmtree(aside)
        place.private_folder(aside)
        command = [
            binaries.program("initdb"),
            f"--pgdata={aside}",
            "--username=postgres",
            "--auth-local=trust",
            "--auth-host=reject",
            "--encoding=UTF8",
            "--locale=C",
            "--no-instructions",
        ]
        if int(binaries.major) >= 17:
            command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        done = run_as_server(place, command)
        if done.returncode != 0:
            shutil.rmtree(aside, ignore_errors=True)
            raise EmbeddedUnavailable(
                f"The embedded PostgreSQL could not make its data in {place.home}: "
                f"{in_one_line(done.stderr or done.stdout)}."
            )
        with (aside / "postgresql.conf").open("a", encoding="utf-8") as configuration:
            configuration.write("\ninclude_if_exists = 'farthing.conf'\n")
        aside.rename(place.data)

    def _wait_until_it_answers(self, place: Place) -> bool:
        """True once it answers, False once it is lost; waits as long as its log shows that it gets on."""
        log_size, heard_at = -1, time.monotonic()
        while True:
            try:
                with psycopg.connect(self.url(), connect_timeout=10) as connection:
                    connection.execute("SELECT 1")
            except psycopg.OperationalError as error:
                problem = in_one_line(str(error))
            else:
                self._postmaster = postmaster_of(place.data)
                return True
            if not locks.server_runs(place):
                return False
            silent_seconds = time.monotonic() - heard_at
            if postmaster_of(place.data) is None and silent_seconds > _BEGINS_SECONDS:
                return False
            if silent_seconds > _SILENCE_ALLOWED_SECONDS:
                raise EmbeddedUnavailable(
                    f"The embedded PostgreSQL runs but does not answer: {problem} (its log is {place.log})."
                )
            size_now = place.log.stat().st_size if place.log.exists() else 0
            if size_now != log_size:
                log_size, heard_at = size_now, time.monotonic()
            time.sleep(locks.POLL_SECONDS)

    def _shut_down(self, place: Place) -> None:
        """A fast shutdown: open transactions end, what was committed is kept; nothing remains after."""
        postmaster = postmaster_of(place.data)
        if postmaster is not None:
            with contextlib.suppress(psutil.NoSuchProcess):
                postmaster.send_signal(signal.SIGINT)
            locks.wait_until_gone(place, seconds=_SILENCE_ALLOWED_SECONDS)
        self._clear_leftovers(place)

    def _clear_leftovers(self, place: Place) -> None:
        """End whatever a server that died, or no longer answers, has left running on this data."""
        for ending in (signal.SIGQUIT, signal.SIGKILL):
            if not locks.server_runs(place):
                return
            for process in leftovers_of(place.data):
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.send_signal(ending)
            locks.wait_until_gone(place, seconds=_LEFTOVERS_LEAVE_SECONDS)
        if locks.server_runs(place):
            raise EmbeddedUnavailable(
                f"A process of an earlier PostgreSQL still holds {place.home / locks.SERVER}; end the processes "
                f"named postgres that use {place.data} and try again."
            )


def _remove_forgotten(place: Place) -> None:
    # Root's databases live apart from the folders they are for, so those of tests and trials would pile up.
    if place.stands_for is not None:
        for folder in forgotten_folders():
            with contextlib.suppress(EmbeddedUnavailable, OSError):
                EmbeddedPostgres(folder).remove()


def _unfinished(place: Place) -> Path:
    return place.home / "data.new"


def _older_log(place: Place) -> Path:
    return place.home / "server.log.1"
