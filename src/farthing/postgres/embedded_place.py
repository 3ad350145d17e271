"""Where our own database lives on this machine, and as which user of the system it runs."""

import contextlib
import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from farthing.core.refused import Refused

STATE_FOLDER_OF_ROOT = Path("/var/lib/farthing")
_SERVICE_USER = "farthing-postgres"
# The kernel allows 107 bytes for the name of a socket on Linux and 103 on macOS.
_LONGEST_SOCKET_NAME = 103


class EmbeddedUnavailable(Refused):
    """The embedded PostgreSQL cannot serve; the sentence says why and what to do."""


@dataclass(frozen=True)
class Account:
    """A user of the system, by numbers."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Place:
    """Where one embedded database keeps its files, and who owns them.

    `account` is the user the server must become, or None where it runs as we do.
    """

    home: Path
    owner_uid: int
    account: Account | None
    # The folder this was asked for, where the home is elsewhere.
    stands_for: Path | None = None

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def log(self) -> Path:
        return self.home / "server.log"

    @property
    def named_in(self) -> Path:
        return self.home / "folder"

    def prepare(self) -> None:
        """Make the folder itself; never touch the permissions of what lies above it."""
        try:
            if self.home.parent == STATE_FOLDER_OF_ROOT:
                make_state_folder_of_root()
                self.home.mkdir(mode=0o711, exist_ok=True)
                self.home.chmod(0o711)
                if self.stands_for is not None and not self.named_in.exists():
                    there = next(folder for folder in self.stands_for.parents if folder.exists())
                    self.named_in.write_text(f"{self.stands_for}\n{there}\n", encoding="utf-8")
            else:
                self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise EmbeddedUnavailable(_cannot_write(self.home, error)) from None
        if not os.access(self.home, os.W_OK | os.X_OK):
            raise EmbeddedUnavailable(_cannot_write(self.home, PermissionError("permission denied")))

    def open_ours(self, path: Path, flags: int) -> int:
        """A descriptor of a file of ours in the folder, never through a symbolic link; its owner stays the folder's."""
        descriptor = os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        found = os.fstat(descriptor)
        if os.geteuid() == 0 and found.st_uid != self.owner_uid and found.st_nlink == 1:
            os.fchown(descriptor, self.owner_uid, -1)
        return descriptor

    def write_whole(self, path: Path, text: str) -> None:
        """Write a file that the server's user can read, all of it or nothing."""
        aside = path.with_name(path.name + ".new")
        aside.unlink(missing_ok=True)
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            if self.account:
                os.fchown(descriptor, self.account.uid, self.account.gid)
            file.write(text)
        aside.replace(path)

    def private_folder(self, path: Path) -> Path:
        """The folder made if missing, open to the server's user alone; refused where it is someone else's."""
        owner = self.account.uid if self.account else os.geteuid()
        with contextlib.suppress(FileExistsError):
            path.mkdir(mode=0o700)
            if self.account:
                os.chown(path, self.account.uid, self.account.gid, follow_symlinks=False)
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner:
            raise EmbeddedUnavailable(
                f"{path} is not a folder of the user who runs the database; remove it or set TMPDIR elsewhere."
            )
        if stat.S_IMODE(found.st_mode) != 0o700:
            path.chmod(0o700)
        return path

    def socket_folder(self) -> Path:
        """A private folder with a short name and no spaces in it, for the server's socket."""
        if self.home.parent == STATE_FOLDER_OF_ROOT:
            return self.private_folder(self.home / "socket")
        name = f"farthing-{self.owner_uid}-{_short_hash(self.home)}"
        folder = Path(tempfile.gettempdir()) / name
        too_long = len(os.fsencode(folder / ".s.PGSQL.5432")) > _LONGEST_SOCKET_NAME
        if too_long or not str(folder).isascii() or any(letter in str(folder) for letter in " ,\"'\\"):
            folder = Path("/tmp") / name
        return self.private_folder(folder)


def place_for(folder: Path) -> Place:
    """Where the database of this folder lives, for whoever runs us.

    A plain user keeps it in the folder. PostgreSQL refuses to run as root, so for root it lives in a folder of
    the system and runs as a user of its own, and nothing is written to the folder: a plain user may come after.
    A database that a plain user began in the folder is served to root as that user.
    """
    folder = folder.expanduser().resolve()
    uid = os.geteuid()
    if uid != 0:
        return Place(home=folder, owner_uid=uid, account=None)
    with contextlib.suppress(OSError):
        begun = (folder / "data" / "PG_VERSION").lstat()
        if begun.st_uid != 0:
            return Place(home=folder, owner_uid=begun.st_uid, account=Account(begun.st_uid, begun.st_gid))
    return Place(
        home=STATE_FOLDER_OF_ROOT / _short_hash(folder), owner_uid=0, account=_service_account(), stands_for=folder
    )


def forgotten_folders() -> list[Path]:
    """Temporary folders that root's databases were made for and that are gone: nobody can ask for those again.

    Only below the system's folder for temporary files; anywhere else a missing folder may be a disk that is not
    mounted, and its database is kept.
    """
    temporary = Path(tempfile.gettempdir()).resolve()
    found = []
    for named_in in STATE_FOLDER_OF_ROOT.glob("*/folder"):
        # The folder itself may never have been made: what tells is the one it was to be made in.
        with contextlib.suppress(OSError, ValueError):
            folder, was_there = (Path(line) for line in named_in.read_text(encoding="utf-8").splitlines())
            if temporary in was_there.parents and not was_there.exists():
                found.append(folder)
    return found


def make_state_folder_of_root() -> None:
    """The folder for everything we keep for root, readable by the server's user."""
    STATE_FOLDER_OF_ROOT.mkdir(mode=0o755, parents=True, exist_ok=True)
    STATE_FOLDER_OF_ROOT.chmod(0o755)


def _service_account() -> Account:
    """The user that serves root's databases: one of our own, or nobody where users cannot be added."""
    account = _account(_SERVICE_USER)
    if account is None:
        _add_service_user()
        account = _account(_SERVICE_USER) or _account("nobody")
    if account is None:
        raise EmbeddedUnavailable(
            "PostgreSQL does not run as root and this system has no other user for it; run Farthing as a plain "
            "user, or give a PostgreSQL 15 or newer with --database-url."
        )
    return account


def _account(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(entry.pw_uid, entry.pw_gid)


def _add_service_user() -> None:
    # The first is the usual tool, the second BusyBox's. Two processes may both try; the name is looked up after.
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    for command in (
        [
            "useradd",
            "--system",
            "--user-group",
            "--no-create-home",
            "--home-dir",
            "/nonexistent",
            "--shell",
            "/bin/false",
        ],
        ["adduser", "-S", "-D", "-H"],
    ):
        tool = shutil.which(command[0], path=path)
        if tool is None:
            continue
        done = subprocess.run(
            [tool, *command[1:], _SERVICE_USER], capture_output=True, check=False, stdin=subprocess.DEVNULL
        )
        if done.returncode == 0:
            return


def _short_hash(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:16]


def _cannot_write(folder: Path, error: OSError) -> str:
    return (
        f"The database cannot be kept in {folder} ({error.strerror or error}); choose a folder you may write to, "
        "or give a PostgreSQL 15 or newer with --database-url."
    )
