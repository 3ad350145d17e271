"""What is told by the clock, by the hands of people: digests, quiet hours, quiet customers, and what comes."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from farthing.core.alerting.budget import Tells
from farthing.core.interval import Alignment, Every, Unit
from farthing.core.invoicing.credits import GrantKind
from farthing.core.money import USD, Money
from farthing.core.pricing.flat import Flat
from farthing.core.pricing.per_unit import PerUnit
from farthing.core.pricing.phase import Lasting, LastingUnit, Phase
from farthing.core.pricing.plan import Plan, Price, Timing
from farthing.core.telling.due_days import Span
from farthing.core.telling.ear import FINANCE, customer_ear, person_ear
from farthing.core.telling.settings import QuietHours
from farthing.usecases.apply_catalogue import apply_catalogue
from farthing.usecases.budgets import set_budget
from farthing.usecases.cancel_subscription import cancel_subscription, uncancel_subscription
from farthing.usecases.change_plan import change_plan
from farthing.usecases.changing import When
from farthing.usecases.credits import grant_credit
from farthing.usecases.customers import add_customer
from farthing.usecases.digests import make_digests
from farthing.usecases.follow_usage import follow_usage
from farthing.usecases.foretelling import foretell
from farthing.usecases.notice_settings import SettingsChange, change_settings
from farthing.usecases.quiet_mode import list_quiet, set_hearing_policy
from farthing.usecases.subscribe import subscribe
from farthing.usecases.watch_budgets import watch_budgets
from farthing.usecases.watch_credit import watch_credit
from farthing_slacksim.model import Message
from tests.slack.world import BEGIN, TOKENS, World, texts

NO_DIGEST = SettingsChange(spans=frozenset())


def messages(world: World, channel: str, holding: str) -> list[Message]:
    return [one for one in world.said_in(channel) if holding in one.text]


def at(world: World, written: str) -> datetime:
    world.clock.at = datetime.fromisoformat(written).replace(tzinfo=UTC)
    return world.clock.at


def digests(world: World, written: str) -> int:
    """Usage is added up, and then what the worker does at this time."""
    now = at(world, written)
    while follow_usage(world.store, now=now):
        pass
    return make_digests(world.store, now=now)


def test_finance_has_its_weekly_digest_once_however_many_workers_look_and_a_late_one_says_so(world: World) -> None:
    world.use("acme", 400_000, at="2026-01-14T10:00:00Z")
    now = at(world, "2026-01-19T12:30:00")
    while follow_usage(world.store, now=now):
        pass
    workers = [threading.Thread(target=make_digests, args=(world.store,), kwargs={"now": now}) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    world.deliver()
    [digest] = messages(world, "finance", "Weekly digest")
    assert digest.text.startswith(
        "Weekly digest: 12–18 Jan 2026. Late: it was due on 19 Jan 2026, and 2 before it were"
    )
    assert "Used: 400,000 tokens." in digest.text
    assert "Nothing waits for you." in digest.text
    said = texts(digest.blocks)
    assert "Told here by Farthing's usual settings" in said
    assert "Acme &amp; &lt;Sons&gt; so far" in said or "Acme & <Sons> so far" in said
    assert make_digests(world.store, now=now + timedelta(hours=1)) == 0
    world.deliver()
    assert len(messages(world, "finance", "digest")) == 1


def test_a_digest_with_nothing_to_say_is_skipped_and_the_next_one_is_not_late(world: World) -> None:
    assert digests(world, "2026-01-12T09:00:00") == 0
    at(world, "2026-01-13T12:00:00")
    world.use("acme", 1_000, at="2026-01-13T10:00:00Z")
    assert digests(world, "2026-01-19T09:00:00") == 1
    world.deliver()
    [digest] = messages(world, "finance", "Weekly digest")
    assert "Late" not in digest.text


def test_settings_are_set_from_the_message_and_say_who_set_them(world: World) -> None:
    world.use("acme", 400_000, at="2026-01-14T10:00:00Z")
    digests(world, "2026-01-19T09:00:00")
    world.deliver()
    fay, [digest] = world.person("fay"), messages(world, "finance", "Weekly digest")
    assert fay.click(world.channels["finance"], digest.ts, "notice_settings_open").ok
    world.window("fay", "What is told in the finance channel.")
    wrong = fay.submit({"quiet_begins": {"chosen": "22:00"}, "spans": {"chosen": ["daily"]}})
    assert wrong == {"quiet_ends": "Quiet hours begin at one time and end at another; give both, or none."}
    assert fay.submit({"quiet_ends": {"chosen": "07:00"}}) is None
    done = texts(world.window("fay", "Set up by Fay").blocks)
    assert "A digest every day at 09:00 (UTC)." in done
    assert "Quiet from 22:00 to 07:00 (UTC)." in done
    world.use("acme", 1_000, at="2026-01-19T08:00:00Z")
    assert digests(world, "2026-01-20T09:00:00") == 1
    world.deliver()
    assert "Set up by Fay" in texts(messages(world, "finance", "Daily digest")[0].blocks)


def test_a_person_has_a_digest_of_their_own_in_a_direct_message_and_a_customer_only_their_own_figures(
    world: World,
) -> None:
    world.use("acme", 400_000, at="2026-01-20T10:00:00Z")
    world.use("globex", 100_000, at="2026-01-20T10:00:00Z")
    with world.store.transaction():
        people = {person.name: person for person, _, _ in world.store.people()}
        acme = world.store.customer_by_key("acme")
    assert acme is not None
    change_settings(world.store, FINANCE, NO_DIGEST, by="Fay", person=None, now=BEGIN)
    daily = SettingsChange(spans=frozenset({Span.DAILY}))
    for ear, name in ((person_ear(people["Fay"].person_id), "Fay"), (person_ear(people["Ann"].person_id), "Ann"),
                      (customer_ear(acme.customer_id), "Ann")):  # fmt: skip
        change_settings(world.store, ear, daily, by=name, person=people[name], now=BEGIN)
    assert digests(world, "2026-01-21T09:00:00") == 3
    world.deliver()
    workspace = world.sim.workspace
    direct = {name: world.person(name).direct_messages() for name in ("fay", "ann")}
    assert "Used: 500,000 tokens." in direct["fay"][-1].text
    assert "Used: 400,000 tokens." in direct["ann"][-1].text
    [own] = messages(world, "acme", "Daily digest for Acme")
    assert "Used: 400,000 tokens." in own.text
    for message in (own, direct["ann"][-1]):
        assert "Globex" not in texts(message.blocks)
    # Who is no full member any more is told nothing by themselves.
    workspace.deactivate(world.people["fay"])
    digests(world, "2026-01-22T09:00:00")
    world.deliver()
    assert len(world.person("fay").direct_messages()) == len(direct["fay"])


def test_what_a_quiet_customer_would_hear_goes_to_finance_until_somebody_switches_them_live(world: World) -> None:
    fay = world.person("fay")
    said = world.answered(fay.command("/billing quiet acme", channel=world.channels["finance"])).text
    assert "is quiet: what they would be told goes to finance" in said
    world.closed_january()
    world.deliver()
    assert world.said_in("acme") == []
    [told] = messages(world, "finance", "Would have told Acme")
    assert "2 messages" in told.text
    assert told.text.count("EX-") >= 2
    assert fay.click(world.channels["finance"], told.ts, "customer_live").ok
    world.until(lambda: list_quiet(world.store, person=None) == [])
    world.deliver()
    assert world.said_in("acme") == []
    [told] = messages(world, "finance", "Would have told Acme")
    assert "customer_live" not in str(told.blocks)
    world.close("2026-02-28")
    world.deliver()
    assert len(messages(world, "acme", "EX-")) == 1
    assert len(messages(world, "finance", "Would have told")) == 1


def test_what_waited_for_a_customer_who_falls_quiet_is_kept_back(world: World) -> None:
    world.closed_january()
    ann, fay = world.person("ann"), world.person("fay")
    refused = world.answered(ann.command("/billing quiet acme", channel=world.channels["lobby"])).text
    assert "may not switch customers live or quiet" in refused
    said = world.answered(fay.command("/billing quiet acme", channel=world.channels["lobby"])).text
    assert "messages that waited for them are kept back" in said
    world.deliver()
    assert world.said_in("acme") == []
    home = texts(fay.open_home())
    assert "1 customer is quiet" in home
    assert "Finance channel…" in home


def test_quiet_hours_hold_what_comes_up_and_many_become_one_message(world: World) -> None:
    night = QuietHours(time(22), time(7))
    change = SettingsChange(spans=frozenset(), quiet=night)
    change_settings(world.store, FINANCE, change, by="Fay", person=None, now=BEGIN)
    at(world, "2026-01-22T23:00:00")
    for number, cents in enumerate((60, 25, 20)):
        for name in ("one", "two") if not number else ():
            set_budget(world.store, customer_key="acme", most=Decimal(1), by="Fay", now=world.clock(), name=name,
                       tells=Tells.FINANCE, ahead=False)  # fmt: skip
        world.use("acme", cents * 5_000, at="2026-01-05T10:00:00Z")
        watch_budgets(world.store, now=world.clock())
        world.deliver()
    assert world.said_in("finance") == []
    at(world, "2026-01-23T06:59:00")
    world.deliver()
    assert world.said_in("finance") == []
    at(world, "2026-01-23T07:00:00")
    world.deliver()
    [morning] = world.said_in("finance")
    assert morning.text.startswith("6 messages from your quiet hours")
    world.deliver()
    assert len(world.said_in("finance")) == 1


def test_new_customers_are_quiet_where_the_seller_says_so(quiet_world: World) -> None:
    set_hearing_policy(quiet_world.store, new_are_quiet=True, by="Fay", now=BEGIN)
    add_customer(quiet_world.store, key="initech", name="Initech", in_zone="UTC", now=BEGIN)
    assert [one.customer.key for one in list_quiet(quiet_world.store, person=None)] == ["initech"]


def begin_trial(world: World, day: str) -> None:
    """Acme tries a plan for fourteen days, beside the one they have."""
    trial = Phase("trial", "Trial", Lasting(14, LastingUnit.DAYS), prices=(), trial=True, without=("fee",))
    fee = Price("fee", "Fee", Flat(Decimal(20)), timing=Timing.ADVANCE)
    apply_catalogue(world.store, meters={}, plans=[Plan("try", 1, "Try", USD, (fee,), phases=(trial,))], now=BEGIN)
    subscribe(world.store, customer_key="acme", plan_key="try", starts_on=date.fromisoformat(day))


def move_to_dearer_plan(world: World) -> None:
    """With the next period."""
    prices = (
        Price("fee", "Fee", Flat(Decimal(60)), timing=Timing.ADVANCE),
        Price("tokens", "Tokens", PerUnit(Decimal("0.000003")), meter=TOKENS),
    )
    apply_catalogue(world.store, meters={}, plans=[Plan("dearer", 1, "Dearer", USD, prices)], now=world.clock())
    change_plan(
        world.store, customer_key="acme", plan_key="starter", to="dearer", when=When.PERIOD_END, now=world.clock()
    )


def prepay(world: World, dollars: int, *, expires_on: date | None = None) -> None:
    """Acme pays ahead."""
    grant_credit(
        world.store,
        customer_key="acme",
        kind=GrantKind.PREPAID,
        amount=Money(dollars * 100, USD),
        key=f"ahead {dollars}",
        by="Fay",
        now=world.clock(),
        expires_on=expires_on,
    )


def test_a_trial_that_ends_is_told_once_follows_its_day_and_is_taken_back(quiet_world: World) -> None:
    world = quiet_world
    change_settings(world.store, FINANCE, NO_DIGEST, by="Fay", person=None, now=BEGIN)
    begin_trial(world, "2026-01-15")
    assert foretell(world.store, now=at(world, "2026-01-20T09:00:00")) == 0
    looks = [threading.Thread(target=foretell, args=(world.store,), kwargs={"now": at(world, "2026-01-22T09:00:00")})
             for _ in range(3)]  # fmt: skip
    for look in looks:
        look.start()
    for look in looks:
        look.join()
    world.deliver()
    [told] = messages(world, "acme", "The trial of Try ends")
    # Three days of January's 31 are left of a fee of 20.
    assert told.text.startswith(
        "Acme &amp; &lt;Sons&gt;: The trial of Try ends on 29 Jan 2026. Charged then: 1.94 USD."
    )
    now = world.clock()
    cancel_subscription(world.store, customer_key="acme", plan_key="try", now=now, on=date(2026, 1, 25))
    assert foretell(world.store, now=at(world, "2026-01-23T09:00:00")) == 1
    assert foretell(world.store, now=at(world, "2026-01-23T10:00:00")) == 0
    world.deliver()
    [off] = [one for one in world.said_in("acme") if one.ts == told.ts]
    assert off.text.startswith("Acme &amp; &lt;Sons&gt;: No longer: The trial of Try ends")
    assert len(world.said_in("acme")) == 1


def test_new_prices_are_told_with_the_difference_to_the_customers_own_last_period(quiet_world: World) -> None:
    world = quiet_world
    world.closed_january()
    world.deliver()
    before = len(world.said_in("acme"))
    move_to_dearer_plan(world)
    foretell(world.store, now=at(world, "2026-02-24T09:00:00"))
    world.deliver()
    [told] = world.said_in("acme")[before:]
    # January was 49 and 2.45; by the dearer plan it is 60 and 1.3 million tokens at 3 a million.
    assert "Your last whole period came to: 51.45 USD; By the new prices it would have been: 63.90 USD" in told.text
    assert "Difference: +12.45 USD" in told.text
    assert "on 1 Mar 2026" in told.text


def test_prepaid_credit_that_runs_low_is_told_once_to_finance_and_the_customer(quiet_world: World) -> None:
    world = quiet_world
    prepay(world, 10)
    assert watch_credit(world.store, now=world.clock()) == 0
    world.use("acme", 5_400_000, at="2026-01-05T10:00:00Z")
    assert watch_credit(world.store, now=world.clock()) == 1
    assert watch_credit(world.store, now=world.clock()) == 0
    world.deliver()
    for channel in ("finance", "acme"):
        [told] = messages(world, channel, "prepaid credit runs low")
        assert "left of 10.00 USD" in told.text
    prepay(world, 90)
    assert watch_credit(world.store, now=world.clock()) == 0


def test_a_renewal_and_credit_that_expires_are_told_and_a_renewal_that_is_off_comes_back(quiet_world: World) -> None:
    world = quiet_world
    fee = Price("fee", "Fee", Flat(Decimal(1200)), timing=Timing.ADVANCE)
    plan = Plan("year", 1, "Year", USD, (fee,), every=Every(12, Unit.MONTH), periods=Alignment.ANNIVERSARY)
    apply_catalogue(world.store, meters={}, plans=[plan], now=BEGIN)
    subscribe(world.store, customer_key="acme", plan_key="year", starts_on=date(2025, 2, 2))
    prepay(world, 10, expires_on=date(2026, 1, 31))
    foretell(world.store, now=at(world, "2026-01-27T09:00:00"))
    world.deliver()
    [credit] = messages(world, "acme", "Last day of credit")
    assert "on 31 Jan 2026. Left to use: 10.00 USD. To do: use it by then" in credit.text
    [renewal] = messages(world, "acme", "Year renews on 2 Feb 2026. Charged then: 1,200.00 USD.")
    cancel_subscription(world.store, customer_key="acme", plan_key="year", now=world.clock())
    assert foretell(world.store, now=world.clock()) == 1
    world.deliver()
    [off] = [one for one in world.said_in("acme") if one.ts == renewal.ts]
    assert "No longer: Year renews" in off.text
    uncancel_subscription(world.store, customer_key="acme", plan_key="year", now=world.clock())
    assert foretell(world.store, now=world.clock()) == 1
    world.deliver()
    assert messages(world, "acme", "Year renews on 2 Feb 2026. Charged then: 1,200.00 USD.")[0].ts == renewal.ts
