"""The repository names no machine it was written on, and its packages come from one place."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.repo.repo_files import ROOT, short, tracked

# Folders in which people and their tools live; an example path in a guide starts elsewhere.
SOMEONES_FOLDER = re.compile(r"(?<![\w.~:/-])/(?:home|root|Users|work|mnt|opt/work)/[\w.-]+/?")
PACKAGE_HOSTS = {"pypi.org", "files.pythonhosted.org"}


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def test_no_file_names_a_folder_of_someones_machine() -> None:
    found = [
        f"{short(path)}: {folder}"
        for path in tracked()
        if (text := _text(path)) is not None
        for folder in SOMEONES_FOLDER.findall(text)
    ]
    assert found == []


@pytest.mark.parametrize("folder", ["home", "root", "Users", "work"])
def test_a_folder_of_someones_machine_is_seen(folder: str) -> None:
    assert SOMEONES_FOLDER.search(f"see /{folder}/someone/notes.md")
    assert SOMEONES_FOLDER.search(f'open("/{folder}/shared")')
    assert not SOMEONES_FOLDER.search(f"https://example.com/{folder}/page")


def test_locked_packages_come_from_the_public_index_only() -> None:
    lock = (ROOT / "uv.lock").read_text(encoding="utf-8")
    addresses = re.findall(r"https?://[^\s\"']+", lock)
    assert len(addresses) > 100
    assert {urlsplit(address).hostname for address in addresses} == PACKAGE_HOSTS
    assert not re.findall(r"source = \{ (?:git|url|path|directory)", lock)


def test_the_repository_has_files() -> None:
    assert ROOT / "pyproject.toml" in tracked()
