"""The office that most of these tests happen in."""

from collections.abc import Iterator

import pytest

from farthing_slacksim.server import SlackSim
from tests.slacksim.bolt import Loop, Office, manifest


@pytest.fixture
def office() -> Iterator[Office]:
    sim = SlackSim()
    workspace = sim.workspace
    fay = workspace.add_user(name="fay", real_name="Fay Finance", email="fay@seller.example")
    omar = workspace.add_user(name="omar", real_name="Omar Owner", email="omar@seller.example")
    finance = workspace.add_channel(name="finance", members=[fay, omar])
    app = workspace.install_app(manifest())
    workspace.invite(finance, app.bot_user_id)
    with sim.running():
        yield Office(sim, app, fay, omar, finance)


@pytest.fixture
def loop() -> Iterator[Loop]:
    loop = Loop()
    yield loop
    loop.stop()
