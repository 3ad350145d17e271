"""The demo is set up: its Slack, its seller, its customers, and three months of their lives played in seconds."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from farthing.catalogues.file import read_catalogue
from farthing.core.ids import id_of
from farthing.core.invoicing.invoice import LegalEntity
from farthing.core.metering.event import UsageEvent, instant
from farthing.core.parties import Mode, Seller
from farthing.core.people import Role
from farthing.core.quality.arrivals import hour_of
from farthing.jobs.deliver_notices import deliver_notices
from farthing.jobs.watch_usage import watch_usage
from farthing.slack.delivery import SlackNotifier
from farthing.usecases.apply_catalogue import apply_catalogue
from farthing.usecases.bind_channel import bind_customer_channel, bind_finance_channel
from farthing.usecases.close_period import close_period
from farthing.usecases.customers import add_customer
from farthing.usecases.move_clock import move_clock
from farthing.usecases.people import add_person
from farthing.usecases.record_usage import record_events
from farthing.usecases.subscribe import end_subscription, subscribe
from farthing.wiring import Wired
from farthing_rehearsal.demo.cast import (
    AS_IT_HAPPENS_FROM,
    CAST,
    CATALOGUE,
    CLOSINGS,
    OPENS,
    SELLER,
    TODAY,
    usage_of,
)
from farthing_rehearsal.slack import connect_app
from farthing_slacksim.server import SlackSim

BATCH = 5_000
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Staff:
    """Someone of the seller's in the demo's Slack."""

    name: str
    real_name: str
    role: Role | None


STAFF = (
    Staff("fay", "Fay Okafor (finance)", Role.OWNER),
    Staff("sam", "Sam Whitfield (customer success)", Role.SUPPORT),
    Staff("eli", "Eli Novak (engineering)", Role.ENGINEER),
    Staff("guest", "Gus Reyes (no role yet)", None),
)


def demo_seller(world: datetime) -> Seller:
    """The seller, whose clock stands at the beginning of the story."""
    return Seller(
        seller_id=id_of("demo seller", SELLER),
        name=SELLER,
        mode=Mode.SANDBOX,
        entity=LegalEntity("main", f"{SELLER} Inc.", in_zone="UTC", number_prefix="NI"),
        clock_shift=OPENS - world,
    )


def furnish(sim: SlackSim, wired: Wired, *, say: Say) -> None:
    """People and channels in the demo's Slack, the app installed, and who may ask what."""
    say("Furnishing a Slack: people, channels, the app")
    workspace = sim.workspace
    workspace.name = SELLER
    users = {staff.name: workspace.add_user(name=staff.name, real_name=staff.real_name) for staff in STAFF}
    staff_ids = [users[staff.name] for staff in STAFF if staff.role is not None]
    store = wired.store
    now = wired.now(store)
    _, bot = connect_app(sim, store, now=now)
    general = workspace.add_channel(name="general", members=list(users.values()), purpose="Everybody at Nimbus")
    finance = workspace.add_channel(name="finance", private=True, members=staff_ids, purpose="What is owed, and to us")
    for channel in (general, finance):
        workspace.invite(channel, bot)
    bind_finance_channel(store, channel_id=finance)
    for staff in STAFF:
        if staff.role is not None:
            add_person(
                store,
                role=staff.role,
                name=staff.real_name,
                slack_team=workspace.team_id,
                slack_user=users[staff.name],
                by=None,
                now=now,
            )


def sign_up(sim: SlackSim, wired: Wired, *, say: Say) -> None:
    """Plans, customers with a channel each, and what they subscribe to."""
    say("Signing up eight customers on three plans")
    store = wired.store
    now = wired.now(store)
    catalogue = read_catalogue(CATALOGUE.encode(), known={})
    apply_catalogue(store, meters=catalogue.meters, plans=catalogue.plans, rules=catalogue.rules, now=now)
    with store.transaction():
        install = store.slack_install()
    assert install is not None, "the demo's Slack is connected"
    workspace = sim.workspace
    fay = workspace.user_named("fay")
    sam = workspace.user_named("sam")
    assert fay is not None
    assert sam is not None
    for part in CAST:
        add_customer(store, key=part.key, name=part.name, in_zone=part.in_zone, now=now)
        subscribe(store, customer_key=part.key, plan_key=part.plan, starts_on=part.starts_on)
        contact = workspace.add_user(
            name=part.contact.split()[0].lower(), real_name=f"{part.contact} ({part.name})", tz=part.in_zone
        )
        channel = workspace.add_channel(
            name=f"customer-{part.key}", private=True, members=[contact, fay.id, sam.id], purpose=part.name
        )
        workspace.invite(channel, install.bot_user_id)
        bind_customer_channel(store, customer_key=part.key, channel_id=channel)
        add_person(
            store,
            role=Role.CUSTOMER_ADMIN,
            name=part.contact,
            slack_team=workspace.team_id,
            slack_user=contact,
            customer_key=part.key,
            by=None,
            now=now,
        )


def live(sim: SlackSim, wired: Wired, *, say: Say) -> None:
    """The months pass: fees are charged as people join, January and February are closed, March runs."""
    store = wired.store
    notifier = SlackNotifier(slack_api_url=sim.api_url)
    since = OPENS
    for closing in CLOSINGS:
        say(f"Living until {closing:%-d %B %Y}, and closing through the day before")
        move_clock(store, to=closing, world=wired.world())
        use(wired, since=since, until=closing)
        close_period(store, through=(closing - timedelta(days=1)).date(), now=wired.now(store))
        deliver_notices(wired, store, notifier)
        since = closing
        for part in CAST:
            if closing.date() == part.leaves_on:
                end_subscription(store, customer_key=part.key, plan_key=part.plan, now=wired.now(store))
    say(f"Living until {TODAY:%-d %B %Y, %H:%M}")
    move_clock(store, to=TODAY, world=wired.world())
    use(wired, since=since, until=TODAY)
    watch_usage(wired, store)
    deliver_notices(wired, store, notifier)


def use(
    wired: Wired,
    *,
    since: datetime,
    until: datetime,
    source: str | None = None,
    held_back_until: datetime = OPENS,
) -> None:
    """Everybody uses what they use in [since, until), through all sources or one, received as the cast says.

    What happened before `held_back_until` is received then.
    """
    used = sorted(
        (
            (instant(event.time or ""), event)
            for part in CAST
            if source in (None, part.source)
            for event in usage_of(part, since=since, until=until)
        ),
        key=lambda each: each[0],
    )
    early = [event for at, event in used if at < AS_IT_HAPPENS_FROM]
    for start in range(0, len(early), BATCH):
        record_events(wired.store, early[start : start + BATCH], now=min(until, AS_IT_HAPPENS_FROM))
    for _, group in itertools.groupby((each for each in used if each[0] >= AS_IT_HAPPENS_FROM), key=_half_hour):
        together = list(group)
        received_at = max(together[-1][0] + timedelta(seconds=2), held_back_until)
        record_events(wired.store, [event for _, event in together], now=received_at)


def _half_hour(used: tuple[datetime, UsageEvent]) -> tuple[datetime, int]:
    at, _ = used
    return hour_of(at), at.minute // 30
