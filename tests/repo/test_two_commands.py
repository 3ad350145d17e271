"""The two commands hold on any machine: old make, folders with spaces, and one sentence for what is missing."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
MAKEFILE = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
TARGETS = ("demo", "demo-check", "demo-reset", "test", "check", "cases", "bench", "clean")


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The Makefile and the scripts alone, in a folder with spaces in its name."""
    folder = tmp_path / "a clone, with spaces"
    shutil.copytree(REPOSITORY / "scripts", folder / "scripts")
    shutil.copy(REPOSITORY / "Makefile", folder / "Makefile")
    return folder


def _with_tools_only(tmp_path: Path, *names: str) -> dict[str, str]:
    """An environment whose PATH holds these tools and nothing else, so no Python."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in names:
        found = shutil.which(name)
        assert found is not None
        (tools / name).symlink_to(found)
    return {"PATH": str(tools), "HOME": str(tmp_path)}


@pytest.mark.parametrize("target", TARGETS)
def test_make_knows_what_to_do_in_a_folder_with_spaces(copied: Path, target: str) -> None:
    planned = subprocess.run(
        ["make", "--dry-run", "--no-print-directory", target],
        cwd=copied,
        capture_output=True,
        text=True,
        check=True,
    )
    assert planned.stdout.strip()
    # Whatever folder it runs in, no recipe names it: a path with spaces never reaches the shell.
    assert str(copied) not in planned.stdout


def test_help_names_every_target() -> None:
    for target in TARGETS:
        assert re.search(rf'@echo "make {target}\s', MAKEFILE), target
        assert target in MAKEFILE.split(".PHONY:")[1].splitlines()[0].split()


def test_the_makefile_asks_nothing_of_make_newer_than_3_81() -> None:
    for newer in (".ONESHELL", ".SHELLFLAGS", "&:", "!=", "$(file", "$(let", "$(intcmp", "undefine", ".EXTRA_PREREQS"):
        assert newer not in MAKEFILE, newer


def test_without_any_python_one_sentence_says_what_to_install(copied: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        ["/bin/sh", "scripts/setup.sh", "demo"],
        cwd=copied,
        env=_with_tools_only(tmp_path, "dirname"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "needs Python 3.11 or newer" in done.stderr


def test_a_named_python_that_is_none_is_refused_in_a_sentence(copied: Path) -> None:
    done = subprocess.run(
        ["/bin/sh", "scripts/setup.sh", "demo"],
        cwd=copied,
        env={"PATH": os.environ["PATH"], "FARTHING_PYTHON": "/no/such/python"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "/no/such/python is not a Python 3.11 or newer" in done.stderr


def test_ci_runs_the_checks_and_then_the_tests() -> None:
    script = REPOSITORY / ".ci" / "run"
    assert os.access(script, os.X_OK)
    lines = script.read_text(encoding="utf-8").splitlines()
    assert "set -euo pipefail" in lines
    assert lines[-2:] == ["make check", "make test"]
