"""A stage for one story, on this test's own database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from farthing.postgres.vault import Vault
from farthing.settings import Settings, SlackMode, save
from farthing.wiring import Wired
from farthing_rehearsal.clock import HeldClock
from farthing_rehearsal.story.stage import BEGINNING, Stage, set_stage
from tests.databases import DatabaseUrls


@pytest.fixture
def stage_settings(tmp_path: Path, database_urls: DatabaseUrls) -> Settings:
    """An installation on this test's own database."""
    settings = Settings(home=tmp_path, database_url=database_urls.app, slack_mode=SlackMode.OFF)
    Vault.make_file(settings.key_file)
    save(settings)
    return settings


@pytest.fixture
def stage(stage_settings: Settings) -> Iterator[Stage]:
    """A new seller, a clock that stands still, and a Slack."""
    clock = HeldClock(BEGINNING)
    with Wired(stage_settings, world_clock=clock) as wired, set_stage(wired, clock) as stage:
        yield stage
