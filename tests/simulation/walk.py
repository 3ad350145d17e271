"""A random walk over the use cases, which remembers on its own what was accepted and tells its story when it fails."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, cast

from farthing.core.interval import Alignment, every_from
from farthing.core.metering.count import Count
from farthing.core.metering.event import UsageEvent, instant, read_event
from farthing.core.metering.meter import Meter
from farthing.core.metering.total import Sum
from farthing.core.money import currency
from farthing.core.pricing.flat import Flat
from farthing.core.pricing.graduated import Graduated, Tier
from farthing.core.pricing.per_unit import PerUnit
from farthing.core.pricing.plan import AddOn, Plan, Price, Shape, Timing
from farthing.core.refused import Clash, Refused
from farthing.core.subscriptions.subscription import Standing
from farthing.postgres.database import PostgresStore
from farthing.usecases.apply_catalogue import apply_catalogue
from farthing.usecases.change_cycle import change_anchor, move_customer
from farthing.usecases.change_subscription import agree_quantities, attach_add_on, end_add_on, move_to_version
from farthing.usecases.close_period import close_period
from farthing.usecases.correct_usage import correct_usage
from farthing.usecases.customers import add_customer
from farthing.usecases.ports import Outcome, SellerStore
from farthing.usecases.record_usage import record_usage
from farthing.usecases.subscribe import end_subscription, subscribe
from tests.core.core_values import AWKWARD_ZONES
from tests.usecases.shop import at_once

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
CUSTOMERS = ("acme", "globex", "initech")
TYPES = ("call", "image")


class Cut(Exception):
    """The connection was lost at a commit; nobody knows whether it took place."""


class CutOff:
    """The same store, whose connection is lost at some commits: before them, so that all is gone, or after."""

    def __init__(self, store: SellerStore, chance: random.Random) -> None:
        self._store, self._chance = store, chance

    def transaction(self) -> AbstractContextManager[None]:
        return self._cut_off()

    @contextmanager
    def _cut_off(self) -> Iterator[None]:
        fate = self._chance.random()
        with self._store.transaction():
            yield
            if fate < 0.08:
                raise Cut
        if fate > 0.92:
            raise Cut

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


@dataclass
class Walk:
    """The walk's own memory: events by source and id, and how the story went."""

    store: PostgresStore
    chance: random.Random
    now: datetime = BEGIN
    accepted: dict[tuple[str, str], UsageEvent] = field(default_factory=dict)
    happened: dict[tuple[str, str], datetime] = field(default_factory=dict)
    received: dict[tuple[str, str], datetime] = field(default_factory=dict)
    corrected: dict[tuple[str, str], list[UsageEvent | None]] = field(default_factory=dict)
    sent: list[dict[str, object]] = field(default_factory=list)
    story: list[str] = field(default_factory=list)
    cuts: int = 0

    def go(self, steps: int) -> None:
        """Begin with a catalogue and customers; then whatever comes."""
        self.catalogue()
        for key in CUSTOMERS:
            add_customer(self.store, key=key, name=key, in_zone=self.chance.choice(AWKWARD_ZONES), now=self.now)
            self.subscribe(key)
        steps_there_are = [
            self.use,
            self.use,
            self.use,
            self.correct,
            self.close,
            self.wait,
            self.subscribe,
            self.end,
            self.catalogue,
            self.agree_seats,
            self.add_on,
            self.add_on,
            self.move,
            self.move_away,
            self.count_anew,
        ]
        for _ in range(steps):
            self.chance.choice(steps_there_are)()
        self.now += timedelta(days=45)
        self.close()

    def wait(self) -> None:
        self.now += timedelta(hours=self.chance.randrange(1, 700))
        self.tell("waits")

    def catalogue(self) -> None:
        """Some plans, of which most are as they were; a sum that older events lack is refused."""
        wanted = self.chance.choice(["size", "size", "weight"])
        meters = {
            "calls": Meter("calls", 1, "call", Count()),
            "sizes": Meter("sizes", 1, "call", Sum("size")),
            "images": Meter("images", 1, "image", Sum(wanted)),
        }
        plans = [self.plan(key, meters) for key in ("small", "large")]
        self.tried(f"a catalogue with images by {wanted}", lambda store: apply_catalogue(
            store, meters=meters, plans=plans, now=self.now), Clash)  # fmt: skip

        with self.store.transaction():
            known = self.store.meters()
            newest = self.store.add_on("extra")
            extra = self.extra(known, version=1 if newest is None else newest.version + 1)
            self.store.keep_add_on(extra, created_at=self.now)

    def extra(self, meters: Mapping[str, Meter], *, version: int) -> AddOn:
        """An add-on with any fee, and a price for usage, in every currency that a plan may have."""
        timing, usage = self.chance.choice(list(Timing)), self.chance.choice(["calls", "images"])
        first, *others = (
            AddOn("extra", version, "extra", currency(code), (
                Price("fee", "Fee", Flat(self.price(90)), timing=timing),
                Price(usage, usage, PerUnit(self.price(3)), meters[usage]),
            ))
            for code in ("USD", "JPY", "KWD")
        )  # fmt: skip
        return replace(first, others=tuple(others))

    def plan(self, key: str, meters: dict[str, Meter]) -> Plan:
        prices = [Price("fee", "Fee", Flat(self.price(900)), timing=self.chance.choice(list(Timing)))]
        chosen = self.chance.sample(sorted(meters), self.chance.randrange(1, 4))
        prices += [Price(name, name, self.shape(), meters[name]) for name in chosen]
        if self.chance.random() < 0.7:
            timing = self.chance.choice(list(Timing))
            prices.append(Price("seats", "Seats", PerUnit(self.price(20)), timing=timing, quantity="seats"))
        self.chance.shuffle(prices)
        code = self.chance.choice(["USD", "JPY", "KWD"])
        every = every_from(self.chance.choice(["month", "month", "week", "10 days", "2 months", "quarter"]), of="It")
        periods = self.chance.choice(list(Alignment))
        return Plan(key, 1, key, currency(code), tuple(prices), every=every, periods=periods)

    def shape(self) -> Shape:
        if self.chance.random() < 0.4:
            return PerUnit(self.price(3))
        bounds = sorted(self.chance.sample(range(1, 4000), self.chance.randrange(0, 3)))
        tiers = [Tier(Decimal(bound) / 4, self.price(3), self.price(2)) for bound in bounds]
        return Graduated((*tiers, Tier(None, self.price(3))), flat_when_zero=self.chance.random() < 0.5)

    def price(self, most: int) -> Decimal:
        return Decimal(self.chance.randrange(most * 10**6)).scaleb(-6)

    def subscribe(self, who: str | None = None) -> None:
        customer, plan = who or self.chance.choice(CUSTOMERS), self.chance.choice(["small", "large"])
        day = (self.now - timedelta(days=self.chance.randrange(-20, 50))).date()
        anchor = self.chance.choice([None, date(2026, 1, self.chance.choice([1, 15, 28, 29, 30, 31]))])
        self.tried(f"{customer} subscribes to {plan} from {day} counted from {anchor}", lambda store: subscribe(
            store, customer_key=customer, plan_key=plan, starts_on=day, anchor=anchor), Refused)  # fmt: skip

    def move_away(self) -> None:
        """A customer goes to live in another zone."""
        customer, to = self.chance.choice(CUSTOMERS), self.chance.choice(AWKWARD_ZONES)
        self.tried(f"{customer} moves to {to}", lambda store: move_customer(
            store, customer_key=customer, in_zone=to, now=self.now))  # fmt: skip

    def count_anew(self) -> None:
        """Periods are counted from another day."""
        customer, plan = self.chance.choice(CUSTOMERS), self.chance.choice(["small", "large"])
        day = (self.now + timedelta(days=self.chance.randrange(60))).date()
        self.tried(f"{customer} counts {plan} from {day}", lambda store: change_anchor(
            store, customer_key=customer, plan_key=plan, anchor=day, now=self.now), Refused)  # fmt: skip

    def end(self) -> None:
        customer, plan = self.chance.choice(CUSTOMERS), self.chance.choice(["small", "large"])
        self.tried(f"{customer} leaves {plan}", lambda store: end_subscription(
            store, customer_key=customer, plan_key=plan, now=self.now), Refused)  # fmt: skip

    def agree_seats(self) -> None:
        """So many seats from the next period on."""
        customer, plan = self.chance.choice(CUSTOMERS), self.chance.choice(["small", "large"])
        number = self.price(9)
        wanted: dict[str, Any] = {
            "customer_key": customer,
            "plan_key": plan,
            "quantities": {"seats": number},
            "now": self.now,
        }
        self.tried(
            f"{customer} wants {number} seats on {plan}", lambda store: agree_quantities(store, **wanted), Refused
        )

    def add_on(self) -> None:
        """The add-on comes, on some day around now, or goes."""
        customer, plan = self.chance.choice(CUSTOMERS), self.chance.choice(["small", "large"])
        named: dict[str, Any] = {"customer_key": customer, "plan_key": plan, "add_on_key": "extra", "now": self.now}
        if self.chance.random() < 0.4:
            self.tried(f"{customer} gives the add-on to {plan} back", lambda store: end_add_on(store, **named), Refused)
            return
        day = (self.now + timedelta(days=self.chance.randrange(-30, 40))).date()
        number = Decimal(self.chance.randrange(1, 4))
        self.tried(f"{customer} wants {number} add-ons beside {plan} from {day}", lambda store: attach_add_on(
            store, **named, from_day=self.chance.choice([None, day]), number=number), Refused)  # fmt: skip

    def move(self) -> None:
        """One subscription moves to some version of its plan."""
        with self.store.transaction():
            there = self.store.subscriptions()
        chosen = self.chance.choice(there)
        newest = self.newest(chosen.plan_key)
        version = self.chance.randrange(1, newest + 1)

        def act(store: SellerStore) -> object:
            with store.transaction():
                locked = store.lock_subscription(chosen.subscription_id)
                assert locked is not None
                if locked.standing(at=self.now) is Standing.ENDED or locked.billed_through == locked.ends_at:
                    return None
                return move_to_version(store, locked, version=version, from_day=None, now=self.now)

        self.tried(f"{chosen.plan_key} of {chosen.customer_id} moves to version {version}", act, Refused)

    def newest(self, plan_key: str) -> int:
        with self.store.transaction():
            plan = self.store.plan(plan_key)
        assert plan is not None
        return plan.version

    def use(self) -> None:
        """A batch: new events, some late, some to come; repeats, contradictions, and what no meter can read."""
        batch = [self.event() for _ in range(self.chance.randrange(1, 25))]
        for old in self.chance.sample(self.sent, min(len(self.sent), self.chance.randrange(6))):
            batch.append(old | ({"data": {"size": 99, "weight": 1}} if self.chance.random() < 0.3 else {}))
        self.chance.shuffle(batch)
        cuts = self.cuts
        told = self.tried(f"{len(batch)} events", lambda store: record_usage(store, batch, now=self.now))
        self.sent += batch
        for answer in told:
            event = read_event(batch[answer.index])
            key = (event.source, event.id)
            is_new = answer.outcome is Outcome.ACCEPTED
            if is_new:
                assert key not in self.accepted, f"{key} was accepted twice"
            elif answer.outcome is Outcome.DUPLICATE and key not in self.accepted:
                assert self.cuts > cuts, f"{key} is told as kept before, and never was"
                is_new = True
            if is_new:
                self.accepted[key] = event
                self.happened[key] = self.now if event.time is None else instant(event.time)
                self.received[key] = self.now

    def correct(self) -> None:
        """Some events are amended, moved to other times and customers, or voided, some of them twice."""
        for key in self.chance.sample(sorted(self.accepted), min(len(self.accepted), self.chance.randrange(4))):
            source, event_id = key
            said: dict[str, object] = {"source": "walk", "id": str(self.chance.random()), "reason": "So it was."}
            said |= {"by": "walk", "of": {"source": source, "id": event_id}, "kind": "void"}
            amended = None
            if self.chance.random() < 0.7:
                raw = self.event() | {"source": source, "id": event_id}
                said |= {"kind": "amend", "event": raw}
                amended = read_event(raw)
            told = self.tried(f"corrects {key}", lambda store, said=said: correct_usage(store, [said], now=self.now))
            before = self.corrected.setdefault(key, [])
            if told[0].outcome in (Outcome.ACCEPTED, Outcome.DUPLICATE):
                assert None not in before, f"{key} was voided, and corrected afterwards"
                before.append(amended)

    def event(self) -> dict[str, object]:
        days = self.chance.choice([0.0, 1.0, 10.0, 40.0]) * self.chance.random()
        at = self.now - timedelta(days=days) + timedelta(days=self.chance.choice([0, 0, 0, 0, 0, 3]))
        size = self.chance.choice([0, 1, 7, -3, "12", "1e2", Decimal("0.125"), Decimal("3.3333333333"), "many", None])
        members: dict[str, object] = {
            "source": self.chance.choice(["a", "b"]),
            "id": str(self.chance.randrange(10**6)),
            "type": self.chance.choice([*TYPES, *TYPES, *TYPES, "unknown"]),
            "subject": self.chance.choice([*CUSTOMERS, *CUSTOMERS, "nobody"]),
            "data": {"size": size, "weight": self.chance.randrange(5)},
        }
        return members | ({} if self.chance.random() < 0.1 else {"time": f"{at:%Y-%m-%dT%H:%M:%S.%f}Z"})

    def close(self) -> None:
        day = (self.now - timedelta(days=self.chance.randrange(1, 20))).date()
        if self.chance.random() < 0.3:
            self.tell(f"two close through {day} at once")
            answers = at_once(*[lambda: self._close(self.store, day)] * 2)
            assert not any(isinstance(answer, Exception) for answer in answers), answers
            return
        self.tried(f"closes through {day}", lambda store: self._close(store, day))

    def _close(self, store: SellerStore, day: date) -> int:
        return close_period(store, through=day, now=self.now).invoices

    def tried(self, what: str, act: Callable[[SellerStore], Any], *refused: type[Exception]) -> Any:
        """Do it; a lost connection is answered by doing it again, as a sender would."""
        for _ in range(50):
            try:
                answer = act(cast(SellerStore, CutOff(self.store, self.chance)))
            except Cut:
                self.cuts += 1
                self.tell(f"{what}: cut off")
                continue
            except refused as refusal:
                self.tell(f"{what}: refused, {refusal}")
                return None
            self.tell(what)
            return answer
        raise AssertionError(f"{what} was cut off fifty times")

    def tell(self, what: str) -> None:
        self.story.append(f"{self.now:%Y-%m-%d %H:%M}  {what}")
