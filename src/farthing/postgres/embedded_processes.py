"""The processes of our own database server: starting them, recognising them, reading their last words."""

import contextlib
import os
import re
import subprocess
import sys
from pathlib import Path

import psutil

from farthing.postgres.embedded_place import Place

_LINE_BEGINNING = re.compile(r"^\S+ \S+ \S+ \[\d+\] [A-Z]+:\s*")


def run_as_server(
    place: Place, command: list[str], *, output: int | None = None, inherited: int | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run a program as the server's user, in a session of its own and a clean environment, and wait for it.

    Its output goes to the descriptor `output`, else it is returned. It inherits the descriptor `inherited`.
    """
    written_to = subprocess.PIPE if output is None else output
    account = place.account
    return subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=written_to,
        stderr=written_to,
        text=True,
        check=False,
        cwd=place.home,
        env=_clean_environment(),
        umask=0o077,
        start_new_session=True,
        pass_fds=() if inherited is None else (inherited,),
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )


def postmaster_of(data: Path) -> psutil.Process | None:
    """The server's first process, if the one named in its data folder lives and works there."""
    lines = _postmaster_file(data)
    if not lines or not lines[0].strip().isdecimal():
        return None
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(int(lines[0]))
        if _works_on(process, data):
            return process
    return None


def postmaster_died(data: Path) -> bool:
    """Whether the data folder names a first process that is no longer there."""
    return bool(_postmaster_file(data)) and postmaster_of(data) is None


def leftovers_of(data: Path) -> list[psutil.Process]:
    """Every process of a PostgreSQL that works in this data folder: a server, or what a dead one left behind."""
    return [process for process in psutil.process_iter() if _works_on(process, data)]


def server_of_deleted_folder(socket_lock: Path, data: Path) -> psutil.Process | None:
    """A server whose data folder was deleted under it: it keeps our socket until it notices, up to a minute."""
    with contextlib.suppress(OSError, ValueError, psutil.Error):
        process = psutil.Process(int(socket_lock.read_text(encoding="ascii").splitlines()[0]))
        if process.name() == "postgres" and process.cmdline()[1:] == ["-D", str(data)]:
            return process
    return None


def recorded_socket_folder(data: Path) -> Path | None:
    """Where the running server has its socket; it may differ from ours, as when TMPDIR differs."""
    lines = _postmaster_file(data)
    return Path(lines[4].strip()) if len(lines) > 4 and lines[4].strip() else None


def last_words(log: Path, *, began_at: int) -> str:
    """What the log said last, in one line, leaving out what it said before `began_at`."""
    try:
        with log.open("rb") as file:
            file.seek(began_at)
            text = file.read(1024 * 1024).decode("utf-8", errors="replace")
    except OSError:
        return "it wrote no log"
    lines = [_LINE_BEGINNING.sub("", line) for line in text.strip().splitlines()]
    return in_one_line("\n".join(lines[-3:])) or "it wrote nothing to its log"


def in_one_line(text: str) -> str:
    """A program's message as part of a sentence."""
    return "; ".join(" ".join(line.split()).rstrip(".") for line in text.strip().splitlines() if line.strip())


def _clean_environment() -> dict[str, str]:
    # PGDATA, PGOPTIONS and their like would reach the server, and a LANG that is not generated fails initdb.
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PG", "LC_", "LD_", "DYLD_")) and name not in ("LANG", "LANGUAGE", "TZ")
    }
    return kept | {"LC_ALL": "C"}


def _works_on(process: psutil.Process, data: Path) -> bool:
    try:
        if process.name() != "postgres" or process.status() == psutil.STATUS_ZOMBIE:
            return False
        # PostgreSQL's processes all work inside their data folder. Comparing the folder itself, not its name,
        # keeps us from a container's server that has the same name for another folder.
        if sys.platform == "linux":
            return os.path.samefile(f"/proc/{process.pid}/cwd", data)
        return process.cwd() == str(data)
    except (psutil.Error, OSError):
        return False


def _postmaster_file(data: Path) -> list[str]:
    try:
        return (data / "postmaster.pid").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
