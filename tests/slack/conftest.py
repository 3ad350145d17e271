"""One database for all Slack tests, a world of its own for each."""

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import pytest

from farthing.core.invoicing.invoice import LegalEntity
from farthing.core.parties import Mode, Seller
from farthing.postgres.roles import drop_role
from farthing.settings import Settings
from farthing.wiring import Wired, initialise
from tests.databases import Server
from tests.slack.world import Clock, World, make_world


@pytest.fixture(scope="session")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def wired(server: Server, tmp_path_factory: pytest.TempPathFactory, clock: Clock) -> Iterator[Wired]:
    """An installation on the test server, set up as `farthing init` does."""
    seller = Seller(
        seller_id=UUID(bytes=secrets.token_bytes(16)),
        name="First",
        mode=Mode.SANDBOX,
        entity=LegalEntity("main", "First", in_zone="UTC", number_prefix="FI"),
    )
    name = f"farthing_slack_{secrets.token_hex(6)}"
    owner_url = server.create(name)
    home = tmp_path_factory.mktemp("farthing")
    made = initialise(Settings(home=home), seller, now=datetime.now(UTC), owner_url=owner_url)
    with Wired(made.settings, world_clock=clock) as opened:
        yield opened
    server.drop(name)
    assert made.settings.database_url is not None
    drop_role(server.url, made.settings.database_url)


@pytest.fixture
def world(wired: Wired, clock: Clock) -> Iterator[World]:
    """Two customers, three people and the app listening."""
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
