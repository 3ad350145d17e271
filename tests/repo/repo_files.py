"""The files of this repository, found from where this one lies."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "src" / "farthing" / "core"
SLICES = tuple(sorted(folder.parent for folder in CORE.glob("*/__init__.py")))


def modules(under: Path) -> list[Path]:
    """Every Python module below a folder."""
    return sorted(path for path in under.rglob("*.py") if "__pycache__" not in path.parts)


def short(path: Path) -> str:
    """A path as people write it here; also the name of a test's case."""
    return path.relative_to(ROOT).as_posix()


def tracked() -> list[Path]:
    """What is in the repository: by git, or whatever lies in its folders where git is not at hand."""
    try:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
        found = [ROOT / name for name in listed.decode().split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        found = [
            path for folder in ("src", "tests", "docs", "examples", "scripts") for path in (ROOT / folder).rglob("*")
        ]
        found += ROOT.glob("*")
    return sorted(path for path in found if path.is_file() and "__pycache__" not in path.parts)
