"""A workspace that is remembered and recalled is the same to whoever looks at it."""

import os
import pickle
from pathlib import Path

import pytest

from farthing_slacksim.memory import recall, remember
from farthing_slacksim.model import Message
from farthing_slacksim.workspace import Workspace


def test_what_people_would_find_again_is_there_again(tmp_path: Path) -> None:
    before = Workspace()
    fay = before.add_user(name="fay")
    finance = before.add_channel(name="finance", private=True, members=[fay])
    before.post(Message(ts=before.new_ts(), channel=finance, user=fay, text="Good morning"))
    remember(before, tmp_path / "memory")

    after = Workspace()
    recall(after, tmp_path / "memory")

    assert after.users == before.users
    assert after.channels == before.channels
    assert after.messages(finance) == before.messages(finance)
    assert after.team_id == before.team_id
    assert after.add_user(name="sam") != fay


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    remember(Workspace(), tmp_path / "memory")
    assert os.stat(tmp_path / "memory").st_mode & 0o077 == 0


def test_a_swapped_file_runs_nothing(tmp_path: Path) -> None:
    (tmp_path / "memory").write_bytes(pickle.dumps(os.getcwd))
    with pytest.raises(pickle.UnpicklingError, match="not part of a workspace"):
        recall(Workspace(), tmp_path / "memory")
