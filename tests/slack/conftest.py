"""One database for all Slack tests, a world of its own for each."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import pytest

from farthing.core.invoicing.invoice import LegalEntity
from farthing.core.parties import Mode, Seller
from farthing.settings import Settings
from farthing.wiring import Wired, initialise
from tests.slack.world import Clock, World, make_world


@pytest.fixture(scope="session")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def wired(tmp_path_factory: pytest.TempPathFactory, clock: Clock) -> Iterator[Wired]:
    seller = Seller(
        seller_id=UUID(int=1),
        name="First",
        mode=Mode.SANDBOX,
        entity=LegalEntity("main", "First", in_zone="UTC", number_prefix="FI"),
    )
    home = tmp_path_factory.mktemp("farthing")
    made = initialise(Settings(home=home), seller, now=datetime.now(UTC), small_database=True)
    with Wired(made.settings, world_clock=clock, small_database=True) as opened:
        yield opened


@pytest.fixture
def world(wired: Wired, clock: Clock) -> Iterator[World]:
    with make_world(wired, clock) as made:
        yield made


@pytest.fixture
def quiet_world(wired: Wired, clock: Clock) -> Iterator[World]:
    """The same with nobody listening."""
    with make_world(wired, clock, running=False) as made:
        yield made


@pytest.fixture
def unowned_world(wired: Wired, clock: Clock) -> Iterator[World]:
    """The same, but nobody has a role yet."""
    with make_world(wired, clock, with_people=False) as made:
        yield made
