"""The office that most of these tests happen in."""

from collections.abc import Iterator

import pytest

from farthing_slacksim.server import SlackSim
from tests.slacksim.bolt import Loop, Office, manifest


def furnished() -> Office:
    """An office where nothing runs yet."""
    sim = SlackSim()
    workspace = sim.workspace
    fay = workspace.add_user(name="fay", real_name="Fay Finance", email="fay@seller.example")
    omar = workspace.add_user(name="omar", real_name="Omar Owner", email="omar@seller.example")
    finance = workspace.add_channel(name="finance", members=[fay, omar])
    app = workspace.install_app(manifest())
    workspace.invite(finance, app.bot_user_id)
    return Office(sim, app, fay, omar, finance)


@pytest.fixture
def office() -> Iterator[Office]:
    office = furnished()
    with office.sim.running():
        yield office


@pytest.fixture
def closed_office() -> Office:
    """For what needs no address: calls by function, past HTTP, and much quicker."""
    return furnished()


@pytest.fixture
def loop() -> Iterator[Loop]:
    loop = Loop()
    yield loop
    loop.stop()
