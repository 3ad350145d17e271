"""A fault of ours, in a listener or in a job, is logged with where it happened, and without what it happened to."""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from farthing.core.refused import Busy
from farthing.logs import log_to_stderr
from farthing.serving import Parts, Serving
from farthing.usecases.people import new_owner_code
from farthing.wiring import Wired
from tests.slack.world import BEGIN, Clock, World, in_socket_mode, make_world

Captured = pytest.CaptureFixture[str]


@dataclass
class FaultyClock:
    """The world's time, until it stops."""

    has_stopped: bool = False
    fault: Exception = field(
        default_factory=lambda: RuntimeError("the clock at postgresql://farthing:s3cret@db/books has stopped")
    )

    def __call__(self) -> datetime:
        if self.has_stopped:
            raise type(self.fault)(*self.fault.args)  # One of its own each time, without the traces of those before.
        return datetime.now(UTC)


@pytest.fixture(autouse=True)
def _set_up_as_the_product_does() -> Iterator[None]:
    before = logging.getLogger().handlers[:]
    log_to_stderr("info")
    yield
    logging.getLogger().handlers[:] = before


@pytest.fixture
def faulty_clock() -> FaultyClock:
    return FaultyClock()


@pytest.fixture
def world(wired: Wired, clock: Clock, faulty_clock: FaultyClock) -> Iterator[World]:
    """A world without people, in an installation of its own whose clock can stop."""
    with make_world(wired, clock, running=False, with_people=False) as made:
        with made.store.transaction():
            seller_id = made.store.seller().seller_id
        settings = dataclasses.replace(wired.settings, seller_id=seller_id, slack_api_url=made.sim.api_url)
        with Wired(settings, world_clock=faulty_clock) as faulty:
            yield dataclasses.replace(made, wired=faulty)


def told_of(capsys: Captured, fault: str) -> str:
    """The log, once it tells of this fault."""
    told = ""
    deadline = time.monotonic() + 20
    while fault not in told or "has stopped" not in told:
        assert time.monotonic() < deadline, told
        time.sleep(0.02)
        told += capsys.readouterr().err
    return told


def assert_discreet(told: str, world: World, *others: str) -> None:
    install = world.install
    secrets = [install.bot_token, install.app_token, install.signing_secret, "s3cret", *others]
    flat = told.replace("\n", "")
    assert [secret for secret in secrets if secret and secret in flat] == []
    assert "FaultyClock" not in told, "local variables are not shown"


def test_a_fault_in_a_listener_tells_neither_the_owners_code_nor_a_token(
    world: World, faulty_clock: FaultyClock, capsys: Captured
) -> None:
    code = new_owner_code(world.store, now=BEGIN)
    sam = world.person("sam")
    with in_socket_mode(world.wired, world.store, world.sim, world.install):
        sam.open_home()
        sam.click_view("owner_code_open")
        world.window("sam", "It works once")
        faulty_clock.has_stopped = True

        errors = sam.submit({"code": {"typed": code}})

        told = told_of(capsys, "a Slack listener failed")
    assert errors is not None
    assert "it is our fault" in errors["code"]
    assert errors["code"].rstrip(".").rsplit(" ", maxsplit=1)[-1] in told, "found again by its reference"
    assert_discreet(told, world, code, code.lower())
    assert len(told) < 20_000


def test_a_fault_in_a_job_tells_no_token(world: World, faulty_clock: FaultyClock, capsys: Captured) -> None:
    world.close("2026-01-31")
    faulty_clock.has_stopped = True
    serving = Serving(world.wired, host="127.0.0.1", port=0, parts=Parts(web=False, slack=False))
    with serving.running():
        told = told_of(capsys, "a job failed and will be tried again")
    assert_discreet(told, world)
    # Each seller's work that the fault stopped is told of once, however many sellers the database has.
    assert len(told) / told.count("will be tried again") < 20_000


def test_a_job_that_must_wait_says_so_in_a_sentence(world: World, faulty_clock: FaultyClock, capsys: Captured) -> None:
    world.close("2026-01-31")
    faulty_clock.fault = Busy("The clock has stopped; wind it.")
    faulty_clock.has_stopped = True
    serving = Serving(world.wired, host="127.0.0.1", port=0, parts=Parts(web=False, slack=False))
    with serving.running():
        told = told_of(capsys, "a job could not be done and will be tried again")
    assert "wind it." in told
    assert "Traceback" not in told
