"""Sandboxes: saved, forked, gone back to, moved on and compared."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from farthing.core.invoicing.invoice import LegalEntity
from farthing.core.invoicing.policy import BillingPolicy
from farthing.core.money import USD, Money
from farthing.core.parties import Mode, Seller
from farthing.core.refused import Clash, Refused, Unknown
from farthing.postgres.database import Database, PostgresStore
from farthing.usecases.advance_clock import advance_clock
from farthing.usecases.change_subscription import agree_quantities
from farthing.usecases.check_books import check_books
from farthing.usecases.compare_sandboxes import compare_sandboxes
from farthing.usecases.customers import add_customer
from farthing.usecases.drafts import set_policy
from farthing.usecases.ports import Outcome, SellerStore
from farthing.usecases.record_usage import record_usage
from farthing.usecases.sandbox_ports import Kind
from farthing.usecases.sandboxes import family, find_sandbox, fork, go_to, save_point, this_sandbox
from farthing.usecases.subscribe import Wishes, subscribe
from tests.databases import fresh_store
from tests.usecases.agreed_shop import open_team

WORLD = datetime(2026, 1, 10, 9, tzinfo=UTC)


@dataclass
class World:
    """The database's sellers, and a world whose clock is moved by hand."""

    database: Database
    at: datetime = WORLD
    ticks: timedelta = field(default=timedelta())

    def for_seller(self, seller_id: UUID) -> PostgresStore:
        return self.database.for_seller(seller_id)

    def seller_of_api_key(self, secret_mac: bytes) -> UUID | None:
        return self.database.seller_of_api_key(secret_mac)

    def sellers(self) -> list[UUID]:
        return self.database.sellers()

    def gateway(self, store: SellerStore) -> None:
        """None."""

    def sellers_to_follow(self) -> list[UUID]:
        return self.database.sellers_to_follow()

    def now(self, store: SellerStore) -> datetime:
        with store.transaction():
            return store.seller().now(self.at)

    def world(self) -> datetime:
        self.at += self.ticks
        return self.at


@pytest.fixture
def world(shared_database: Database) -> World:
    return World(shared_database)


@pytest.fixture
def acme(store: PostgresStore, world: World) -> PostgresStore:
    """Acme on the plan “team” with 10 seats since January; its clock says 10 January."""
    open_team(store)
    assert world.now(store) == WORLD
    return store


def moved(world: World, store: SellerStore, to: str) -> None:
    advance_clock(store, to=datetime.fromisoformat(to).replace(tzinfo=UTC), world=world.world)


def issued(store: SellerStore) -> list[tuple[str, str, str]]:
    """Each invoice: its number, the day it was issued on, and its total."""
    with store.transaction():
        return [(one.number, str(one.issued_on), str(one.total)) for one in store.all_invoices()]


# Saved and forked --------------------------------------------------------------------------------------------------


def test_what_if_we_had_upgraded_in_march(acme: PostgresStore, world: World) -> None:
    moved(world, acme, "2026-02-20")
    save_point(world, acme, name="before March")
    upgraded = world.for_seller(fork(world, acme, name="upgraded", of="before March").seller_id)
    agree_quantities(
        upgraded, customer_key="acme", plan_key="team", quantities={"seats": Decimal(25)}, now=world.now(upgraded)
    )
    for store in (acme, upgraded):
        moved(world, store, "2026-05-02")
    assert [total for *_, total in issued(acme)] == ["131.00 USD"] * 5
    assert [total for *_, total in issued(upgraded)] == ["131.00 USD"] * 2 + ["281.00 USD"] * 3
    found = compare_sandboxes(world, acme, left="original", right="upgraded")
    assert [str(bill.at.date()) for bill in found.comparison.differing] == ["2026-03-01", "2026-04-01", "2026-05-01"]
    for bill in found.comparison.differing:
        assert [(line.price_key, line.amounts.difference) for line in bill.lines] == [("seats", Money(15000, USD))]
    (totals,) = found.comparison.totals
    assert totals.difference == Money(45000, USD)
    assert check_books(acme) == check_books(upgraded) == []


def test_a_saved_point_stays_as_it_was_and_can_be_gone_back_to_again_and_again(
    acme: PostgresStore, world: World
) -> None:
    moved(world, acme, "2026-02-20T08:00")
    saved = save_point(world, acme, name="February")
    assert (saved.kind, saved.stands_at) == (Kind.POINT, datetime(2026, 2, 20, 8, tzinfo=UTC))
    moved(world, acme, "2026-06-01")
    world.at += timedelta(days=400)
    for name in ("February 2", "February 3"):
        back = go_to(world, acme, name="February")
        assert (back.name, back.kind) == (name, Kind.FORK)
        store = world.for_seller(back.seller_id)
        assert world.now(store) == datetime(2026, 2, 20, 8, tzinfo=UTC)
        assert len(issued(store)) == 2
        moved(world, store, "2026-04-01")
        assert len(issued(store)) == 4
    assert len(issued(world.for_seller(saved.seller_id))) == 2
    assert saved.now(world.at) == datetime(2026, 2, 20, 8, tzinfo=UTC)


def test_whoever_is_gone_to_goes_on_where_it_is(acme: PostgresStore, world: World) -> None:
    made = fork(world, acme, name="other")
    world.at += timedelta(hours=3)
    assert go_to(world, acme, name="other") == made
    assert go_to(world, world.for_seller(made.seller_id), name="original").seller_id == acme.seller_id
    assert this_sandbox(world.for_seller(made.seller_id)) == made
    assert made.now(world.at) == world.at


def test_a_fork_knows_what_its_original_knew_and_closes_again_what_was_closed(
    acme: PostgresStore, world: World
) -> None:
    moved(world, acme, "2026-03-01")
    other = world.for_seller(fork(world, acme, name="other").seller_id)
    add_customer(other, key="acme", name="Acme Corp.", in_zone="UTC", now=WORLD)
    add_customer(other, key="bold", name="Bold", in_zone="UTC", now=WORLD)
    subscribe(
        other,
        customer_key="bold",
        plan_key="team",
        starts_on=date(2026, 1, 1),
        wishes=Wishes(quantities={"seats": Decimal(1)}),
    )
    moved(world, other, "2026-03-01T01:00")
    assert len(issued(other)) == len(issued(acme)) + 3
    assert check_books(other) == []
    (told,) = record_usage(
        other,
        [{"source": "t", "id": "1", "type": "completion", "subject": "bold", "data": {"tokens": 5}}],
        now=world.now(other),
    )
    assert told.outcome is Outcome.ACCEPTED


def test_what_two_forks_do_alike_has_the_same_ids_in_both(acme: PostgresStore, world: World) -> None:
    one, other = (world.for_seller(fork(world, acme, name=name).seller_id) for name in ("one", "other"))
    for store in (acme, one, other):
        moved(world, store, "2026-04-01")
    books = []
    for store in (acme, one, other):
        with store.transaction():
            books.append([(invoice.draft, invoice.number) for invoice in store.all_invoices()])
    assert books[0] == books[1] == books[2]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("original", "the sandbox that the others come from"),
        ("taken", "There is a “taken” already"),
        ("", "cannot be a sandbox's name"),
        ("x" * 65, "cannot be a sandbox's name"),
        ("-a", "cannot be a sandbox's name"),
        ("a\nb", "cannot be a sandbox's name"),
    ],
)
def test_a_name_that_cannot_be_is_refused(name: str, said: str, acme: PostgresStore, world: World) -> None:
    save_point(world, acme, name=" taken ")
    with pytest.raises(Refused, match=said):
        fork(world, acme, name=name)


def test_a_sandbox_that_is_not_there_is_told_with_the_closest(acme: PostgresStore, world: World) -> None:
    save_point(world, acme, name="before March")
    with pytest.raises(Unknown, match="did you mean “before March”"):
        find_sandbox(acme, "before march")
    with pytest.raises(Unknown, match="there are: original, before March"):
        fork(world, acme, name="x", of="nowhere at all")


def test_of_two_copies_that_take_one_name_at_once_one_is_refused(acme: PostgresStore, world: World) -> None:
    def act(_: int) -> str:
        try:
            return fork(world, acme, name="same").name
        except Clash as clash:
            return clash.sentence

    with ThreadPoolExecutor(6) as pool:
        said = sorted(pool.map(act, range(6)))
    assert said.count("same") == 1
    assert [each.name for each in family(acme)] == ["original", "same"]


def test_a_live_seller_is_refused_in_words(shared_database: Database, world: World) -> None:
    entity = LegalEntity("main", "Example Inc.", in_zone="UTC", number_prefix="EX")
    live = Seller(uuid4(), "Example", Mode.LIVE, entity)
    shared_database.add_seller(live)
    store = world.for_seller(live.seller_id)
    with pytest.raises(Refused, match="This seller is live: only a sandbox"):
        save_point(world, store, name="x")
    with pytest.raises(Refused, match="a live clock cannot be moved"):
        moved(world, store, "2027-01-01")


def test_a_copy_holds_all_that_was_there_at_one_instant_while_usage_comes_in(acme: PostgresStore, world: World) -> None:
    def send(number: int) -> None:
        said = {"source": "t", "id": str(number), "type": "completion", "subject": "acme", "data": {"tokens": 1}}
        (told,) = record_usage(acme, [said], now=WORLD)
        assert told.outcome is Outcome.ACCEPTED

    with ThreadPoolExecutor(3) as pool:
        sent = [pool.submit(send, number) for number in range(60)]
        copies = [world.for_seller(fork(world, acme, name=f"copy {number}").seller_id) for number in range(4)]
        for done in sent:
            done.result()
    counted = []
    for copy in copies:
        assert check_books(copy) == []
        with copy.transaction():
            assert copy.last_position() == copy.counts().accepted
            counted.append(copy.counts().accepted)
    assert counted == sorted(counted)
    with acme.transaction():
        assert acme.counts().accepted == 60


# Compared ----------------------------------------------------------------------------------------------------------


def test_sandboxes_are_compared_within_their_family_and_with_another_one(acme: PostgresStore, world: World) -> None:
    with pytest.raises(Refused, match="the same on both sides"):
        compare_sandboxes(world, acme, left="original")
    stranger = fresh_store(world.database)
    fork(world, stranger, name="theirs")
    with pytest.raises(Unknown, match="no sandbox “theirs”"):
        compare_sandboxes(world, acme, left="theirs")


def test_one_customer_is_compared_alone(acme: PostgresStore, world: World) -> None:
    fork(world, acme, name="behind")
    moved(world, acme, "2026-03-01")
    found = compare_sandboxes(world, acme, left="behind", customer="acme")
    assert [bill.totals.left for bill in found.comparison.bills] == [None] * 3
    assert found.times == (WORLD, datetime(2026, 3, 1, tzinfo=UTC))
    with pytest.raises(Refused, match="no customer “bold”"):
        compare_sandboxes(world, acme, left="behind", customer="bold")


# The clock ---------------------------------------------------------------------------------------------------------


def test_on_the_way_each_invoice_is_issued_on_the_day_it_is_due(acme: PostgresStore, world: World) -> None:
    heard: list[datetime] = []
    advanced = advance_clock(acme, to=datetime(2026, 4, 15, tzinfo=UTC), world=world.world, progress=heard.append)
    assert issued(acme) == [
        ("EX-000001", "2026-01-10", "131.00 USD"),
        ("EX-000002", "2026-02-01", "131.00 USD"),
        ("EX-000003", "2026-03-01", "131.00 USD"),
        ("EX-000004", "2026-04-01", "131.00 USD"),
    ]
    assert [str(at.date()) for at in heard] == ["2026-01-10", "2026-02-01", "2026-03-01", "2026-04-01"]
    assert (advanced.stops, advanced.invoices, advanced.refusals) == (4, 4, ())
    assert (advanced.began, advanced.now) == (WORLD, datetime(2026, 4, 15, tzinfo=UTC))


@pytest.mark.parametrize("in_zone", ["Pacific/Kiritimati", "America/New_York", "Asia/Kathmandu", "Pacific/Pago_Pago"])
def test_wherever_the_customer_lives_a_year_has_its_invoices_in_order(
    in_zone: str, store: PostgresStore, world: World
) -> None:
    open_team(store, in_zone=in_zone, anchor_day=31)
    moved(world, store, "2027-01-20")
    days = [day for _, day, _ in issued(store)]
    assert days == sorted(days)
    with store.transaction():
        late = [one.issued_at - one.draft.at for one in store.all_invoices() if one.draft.at > WORLD]
    assert len(late) >= 12
    assert all(timedelta(0) <= each <= timedelta(hours=14) for each in late)
    assert check_books(store) == []


def test_a_clock_that_ticks_while_it_bills_still_arrives(acme: PostgresStore, world: World) -> None:
    world.ticks = timedelta(hours=20)
    advanced = advance_clock(acme, to=datetime(2026, 6, 2, tzinfo=UTC), world=world.world)
    assert advanced.now >= datetime(2026, 6, 2, tzinfo=UTC)
    assert len(issued(acme)) == 6


def test_a_draft_that_waits_on_the_way_goes_out_when_its_grace_is_over(acme: PostgresStore, world: World) -> None:
    set_policy(acme, BillingPolicy(grace=timedelta(hours=30)), by="Ada", now=WORLD)
    moved(world, acme, "2026-03-01T12:00")
    assert [day for _, day, _ in issued(acme)] == ["2026-01-10", "2026-02-02"]
    fork(world, acme, name="other")
    for store in (acme, world.for_seller(find_sandbox(acme, "other").seller_id)):
        moved(world, store, "2026-03-03")
        assert [day for _, day, _ in issued(store)] == ["2026-01-10", "2026-02-02", "2026-03-02"]
        assert check_books(store) == []


def test_moving_in_two_strides_is_moving_in_one(acme: PostgresStore, world: World) -> None:
    other = world.for_seller(fork(world, acme, name="other").seller_id)
    moved(world, acme, "2026-07-01")
    for day in ("2026-02-01", "2026-03-31T23:59", "2026-07-01"):
        moved(world, other, day)
    assert issued(acme) == issued(other)
    assert compare_sandboxes(world, acme, left="original", right="other").comparison.differing == ()


def test_a_clock_is_not_moved_backwards_and_nothing_is_billed_by_trying(acme: PostgresStore, world: World) -> None:
    with pytest.raises(Refused, match="a clock moves forward only"):
        moved(world, acme, "2026-01-09")
    assert issued(acme) == []


def test_two_who_move_the_clock_at_once_bill_everything_once(acme: PostgresStore, world: World) -> None:
    def act(_: int) -> str:
        try:
            moved(world, acme, "2026-12-15")
        except Refused as refusal:
            return refusal.sentence
        return ""

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(act, range(2)))
    assert [number for number, *_ in issued(acme)] == [f"EX-{number:06d}" for number in range(1, 13)]
    assert check_books(acme) == []
