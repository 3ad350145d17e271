"""A whole small world for the Slack tests: a seller with books and usage, a Slack, and the product's app in it."""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from farthing.core.invoicing.invoice import LegalEntity
from farthing.core.metering.meter import Meter
from farthing.core.metering.total import Sum
from farthing.core.money import USD
from farthing.core.parties import Mode, Seller
from farthing.core.people import Role
from farthing.core.pricing.flat import Flat
from farthing.core.pricing.graduated import Graduated, Tier
from farthing.core.pricing.plan import Plan, Price, Timing
from farthing.jobs.deliver_notices import deliver_notices
from farthing.slack.app import make_slack_app
from farthing.slack.delivery import SlackNotifier
from farthing.slack.manifest import manifest
from farthing.slack.serve import run_socket_mode
from farthing.usecases.apply_catalogue import apply_catalogue
from farthing.usecases.bind_channel import bind_customer_channel, bind_finance_channel
from farthing.usecases.close_period import close_period
from farthing.usecases.customers import add_customer
from farthing.usecases.people import add_person
from farthing.usecases.ports import SellerStore, SlackInstall
from farthing.usecases.record_usage import record_usage
from farthing.usecases.subscribe import subscribe
from farthing.wiring import Wired
from farthing_slacksim.hands import Outcome
from farthing_slacksim.hands import Person as Hands
from farthing_slacksim.judge import faults_in
from farthing_slacksim.model import Ephemeral, InstalledApp, Json, Message, View
from farthing_slacksim.server import SlackSim

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
TOKENS = Meter("tokens", 1, "tokens", Sum("tokens"), unit="tokens")


@dataclass
class Clock:
    """The world's time, held by the test."""

    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return self.at


@dataclass
class World:
    """Two customers, acme with a channel and globex without; fay owns, ann is acme's, sam is a stranger."""

    wired: Wired
    store: SellerStore
    clock: Clock
    sim: SlackSim
    app: InstalledApp
    install: SlackInstall
    people: dict[str, str]
    channels: dict[str, str]

    @property
    def notifier(self) -> SlackNotifier:
        return SlackNotifier(slack_api_url=self.sim.api_url)

    def person(self, name: str) -> Hands:
        return self.sim.person(self.people[name])

    def use(self, customer: str, tokens: int, *, at: str, event_id: str | None = None) -> None:
        """One usage event."""
        told = record_usage(
            self.store,
            [
                {
                    "id": event_id or secrets.token_hex(6),
                    "source": "test",
                    "type": "tokens",
                    "subject": customer,
                    "time": at,
                    "data": {"tokens": tokens, "model": "small"},
                }
            ],
            now=self.clock(),
        )
        assert told[0].outcome == "accepted", told

    def close(self, through: str) -> None:
        """The month ends and is closed."""
        day = date.fromisoformat(through)
        self.clock.at = max(self.clock.at, datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=2))
        close_period(self.store, through=day, now=self.clock())

    def deliver(self) -> int:
        return deliver_notices(self.wired, self.store, self.notifier)

    def said_in(self, channel: str) -> list[Message]:
        return self.sim.workspace.messages(self.channels[channel])

    def until(self, true: Callable[[], object]) -> None:
        """Wait until it is so, as a person would look again."""
        assert self.sim.workspace.wait_until(true, 10), "it never came to be"

    def answered(self, outcome: Outcome) -> Ephemeral:
        """The last thing said in answer to a command or a click."""
        assert outcome.ok, (outcome.error, outcome.notice)
        self.until(lambda: outcome.ephemerals and "Working" not in outcome.ephemerals[-1].text)
        return outcome.ephemerals[-1]

    def window(self, name: str, holding: str) -> View:
        """The window that this person has open, once it holds these words."""
        hands = self.person(name)
        self.until(lambda: (view := hands.modal) is not None and holding in texts(view.blocks))
        assert hands.modal is not None
        return hands.modal

    def card_of(self, customer: str, holding: str) -> Message:
        """The newest card in a channel that holds these words."""
        found = [message for message in self.said_in(customer) if holding in texts(message.blocks)]
        assert found, [message.text for message in self.said_in(customer)]
        return found[-1]

    def closed_january(self) -> None:
        """Acme used 1,300,000 tokens in January, and January is closed: 49 in advance twice, and 2.45."""
        self.use("acme", 400_000, at="2026-01-05T10:00:00Z", event_id="first")
        self.use("acme", 900_000, at="2026-01-20T10:00:00Z", event_id="second")
        self.close("2026-01-31")


def add_world_seller(wired: Wired) -> SellerStore:
    """A seller of its own, so that tests do not see each other."""
    seller = Seller(
        UUID(bytes=secrets.token_bytes(16)),
        name="Example Inc",
        mode=Mode.SANDBOX,
        entity=LegalEntity("main", "Example Inc", in_zone="UTC", number_prefix="EX"),
    )
    wired.database.add_seller(seller)
    return wired.for_seller(seller.seller_id)


def fill_books(store: SellerStore) -> None:
    """A plan with a fee and graduated tokens; two customers on it since the beginning of 2026."""
    shape = Graduated((Tier(Decimal(1_000_000), Decimal("0.000002")), Tier(None, Decimal("0.0000015"))))
    plan = Plan(
        "starter",
        1,
        "Starter",
        USD,
        (
            Price("fee", "Platform fee", Flat(Decimal(49)), timing=Timing.ADVANCE),
            Price("tokens", "Tokens", shape, meter=TOKENS),
        ),
    )
    apply_catalogue(store, meters={"tokens": TOKENS}, plans=[plan], now=BEGIN)
    for key, name in (("acme", "Acme & <Sons>"), ("globex", "Globex Corporation")):
        add_customer(store, key=key, name=name, in_zone="UTC", now=BEGIN)
        subscribe(store, customer_key=key, plan_key="starter", starts_on=date(2026, 1, 1))


def install_app(sim: SlackSim, store: SellerStore) -> tuple[InstalledApp, SlackInstall]:
    """The app from its own manifest, its tokens kept."""
    app = sim.workspace.install_app(manifest())
    install = SlackInstall(
        team_id=sim.workspace.team_id,
        bot_user_id=app.bot_user_id,
        bot_token=app.bot_token,
        app_token=app.app_token,
        signing_secret=app.signing_secret,
        finance_channel=None,
        installed_at=BEGIN,
    )
    with store.transaction():
        store.keep_slack_install(install)
    return app, install


@contextmanager
def in_socket_mode(wired: Wired, world_store: SellerStore, sim: SlackSim, install: SlackInstall) -> Iterator[None]:
    """The app in Socket Mode, in a thread, until the block ends."""
    with world_store.transaction():
        seller_id = world_store.seller().seller_id
    ready = threading.Event()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def run() -> None:
        app = make_slack_app(wired, seller_id, wired.documents, slack_api_url=sim.api_url, install=install)
        assert install.app_token is not None
        ready.set()
        await run_socket_mode(app, install.app_token, stop)

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()), name="slack app", daemon=True)
    thread.start()
    assert ready.wait(10)
    assert sim.workspace.wait_until(lambda: sim.deliverer.sockets.count(_app_id(sim)) >= 2, 10)
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()


def _app_id(sim: SlackSim) -> str:
    return sim.workspace.apps.all()[0].app_id


@contextmanager
def make_world(wired: Wired, clock: Clock, *, running: bool = True, with_people: bool = True) -> Iterator[World]:
    """The world, with its app listening when `running`."""
    clock.at = BEGIN + timedelta(days=21)
    store = add_world_seller(wired)
    fill_books(store)
    with SlackSim().running() as sim:
        app, install = install_app(sim, store)
        workspace = sim.workspace
        people = {
            name: workspace.add_user(name=name, real_name=real)
            for name, real in (("fay", "Fay Finance"), ("ann", "Ann Acme"), ("sam", "Sam Stranger"))
        }
        channels = {
            "finance": workspace.add_channel(name="finance", private=True, members=list(people.values())),
            "acme": workspace.add_channel(name="acme", private=True, members=list(people.values())),
            "lobby": workspace.add_channel(name="lobby", members=list(people.values())),
        }
        for channel_id in channels.values():
            workspace.invite(channel_id, app.bot_user_id)
        bind_finance_channel(store, channel_id=channels["finance"])
        bind_customer_channel(store, customer_key="acme", channel_id=channels["acme"])
        team = workspace.team_id
        roles = (("fay", Role.OWNER, None), ("ann", Role.CUSTOMER_ADMIN, "acme"))
        for name, role, key in roles if with_people else ():
            add_person(
                store,
                role=role,
                name=name.title(),
                slack_team=team,
                slack_user=people[name],
                customer_key=key,
                by=None,
                now=BEGIN,
            )
        world = World(wired, store, clock, sim, app, install, people, channels)
        listening = in_socket_mode(wired, store, sim, install) if running else nullcontext()
        with listening:
            yield world
    # Whatever a test was about: all that the app sent is what Slack takes and people can read.
    assert faults_in(sim.traffic) == []


def texts(value: object) -> str:
    """Every text in some blocks, one a line."""
    found: list[str] = []

    def walk(part: object) -> None:
        if isinstance(part, dict):
            if isinstance(part.get("text"), str):
                found.append(part["text"])
            for member in part.values():
                walk(member)
        elif isinstance(part, list):
            for member in part:
                walk(member)

    walk(value)
    return "\n".join(found)


def kinds(blocks: list[Json]) -> list[str]:
    """What kinds of block there are."""
    return [block["type"] for block in blocks]
