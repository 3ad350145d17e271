"""Settings: the environment goes before the file, and what cannot be meant is told in a sentence."""

from __future__ import annotations

import stat
from dataclasses import fields
from pathlib import Path
from uuid import UUID

import pytest

from farthing.core.refused import Refused
from farthing.settings import Settings, SlackMode, default_home, load, save


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    settings = Settings(
        home=tmp_path,
        database_url="postgresql:///books?user=a%20b&password=q%22\\",
        owner_database_url="postgresql://owner@host/books",
        database_role='role "with" quotes',
        seller_id=UUID(int=7),
        host="0.0.0.0",
        port=9,
        public_url="https://billing.example.com/",
        slack_mode=SlackMode.HTTP,
        slack_api_url="http://127.0.0.1:1/api/",
        usage_command="/metered",
        billing_command="/invoices",
    )
    assert all(getattr(settings, each.name) != each.default for each in fields(Settings)), (
        "every setting differs from its default here"
    )
    file = save(settings)
    assert load(tmp_path, {}) == settings
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    save(Settings(home=tmp_path))
    assert load(tmp_path, {}) == Settings(home=tmp_path)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    save(Settings(home=tmp_path, port=1, slack_mode=SlackMode.OFF))
    environment = {"FARTHING_PORT": "2", "FARTHING_HOME": str(tmp_path)}
    assert load(None, environment) == Settings(home=tmp_path, port=2, slack_mode=SlackMode.OFF)


def test_home_is_the_one_that_is_named_and_else_a_folder_of_this_user(tmp_path: Path) -> None:
    assert default_home({"FARTHING_HOME": str(tmp_path)}) == tmp_path
    assert default_home({}).name == "farthing"
    assert default_home({}).is_absolute()


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("port = ", "cannot be read as TOML"),
        ("prot = 8480", "did you mean port?"),
        ("colour = 'red'", "is not a setting; there are: database_url"),
        ("port = 70000", "a number from 0 to 65535"),
        ("port = true", "a number from 0 to 65535"),
        ("slack_mode = 'sometimes'", "socket, http or off"),
        ("seller_id = 'x'", "must be an id"),
        ("usage_command = 'usage'", "a slash and a short word"),
        ("slack_api_url = 'slack.com'", "an address like https://"),
        ("database_url = 'mysql://u:secret@h/d'", "an address like postgresql://"),
        ("[table]\nx = 1", "is not a setting"),
    ],
)
def test_what_cannot_be_meant_is_told_in_a_sentence(tmp_path: Path, written: str, says: str) -> None:
    (tmp_path / "farthing.toml").write_text(written, encoding="utf-8")
    with pytest.raises(Refused) as refusal:
        load(tmp_path, {})
    assert says in refusal.value.sentence
    assert "secret" not in refusal.value.sentence


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "farthing.toml").write_bytes(b"\xff\x00")
    with pytest.raises(Refused, match="cannot be read as TOML"):
        load(tmp_path, {})


def test_a_password_is_not_shown(tmp_path: Path) -> None:
    assert "secret" not in repr(Settings(home=tmp_path, database_url="postgresql://u:secret@h/d"))
