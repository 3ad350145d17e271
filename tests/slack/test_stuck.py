"""What Slack does not take goes by mail, is seen by who looks after it, sent again once, or folded when it is much."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from farthing.core.people import Person, Role
from farthing.core.refused import Forbidden
from farthing.mail.carrier import Carrier
from farthing.usecases.bind_channel import bind_customer_channel
from farthing.usecases.customers import add_customer
from farthing.usecases.deliveries import list_stuck, resend
from farthing.usecases.mail import connect_mail, send_letters
from farthing.usecases.mail_ports import MailAccount, MailSecurity
from farthing.usecases.subscribe import subscribe
from farthing_rehearsal.post_office import PostOffice, post_office
from tests.slack.telling import later, untold
from tests.slack.world import BEGIN, World, texts
from tests.usecases.shop import at_once


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with post_office() as opened:
        yield opened


def connect(world: World, office: PostOffice, *, finance: str | None = "books@example.com") -> None:
    account = MailAccount(
        "billing@example.com", finance, BEGIN, host="127.0.0.1", port=office.port, security=MailSecurity.NONE
    )
    connect_mail(world.store, account)
    with world.store.transaction():
        world.store.connection.execute(  # type: ignore[attr-defined]
            "UPDATE farthing.customer_profile SET email = 'Pay@acme.example' WHERE name LIKE 'Acme%'"
        )


def patience(world: World, *, turns: int = 5) -> None:
    """Some minutes pass, again and again, and whatever is due is tried."""
    for _ in range(turns):
        world.deliver()
        send_letters(world.store, Carrier(), world_now=world.clock())
        later(world, minutes=10)


def test_a_channel_that_is_gone_is_told_by_mail_once_and_in_slack_when_somebody_sends_it_again(
    quiet_world: World, office: PostOffice
) -> None:
    world = quiet_world
    connect(world, office)
    world.closed_january()
    world.sim.workspace.kick(world.channels["acme"], world.app.bot_user_id)
    patience(world, turns=9)

    letters = office.letters_to("pay@acme.example")
    assert len(letters) == 2
    assert any("51.45 USD" in letter.text for letter in letters)
    assert all("could not post it in Slack" in letter.text for letter in letters)
    stuck = [one for one in list_stuck(world.store, person=None) if one.by_mail is not None]
    assert [one.what.split(" EX")[0] for one in stuck] == ["Invoice"] * 2
    assert "/invite @Farthing" in stuck[0].why

    world.sim.workspace.invite(world.channels["acme"], world.app.bot_user_id)
    at_once(*[lambda: resend(world.store, stuck[0].key, person=None)] * 3)
    patience(world)
    assert len(world.said_in("acme")) == 1
    assert resend(world.store, stuck[0].key, person=None) == "It was delivered already."
    assert len(office.letters_to("pay@acme.example")) == 2


def test_an_uninstalled_app_is_made_up_for_by_mail_to_finance(quiet_world: World, office: PostOffice) -> None:
    world = quiet_world
    connect(world, office)
    world.closed_january()
    with world.store.transaction():
        world.store.forget_slack_install()
    patience(world, turns=8)
    assert ["Billing run through 31 Jan 2026" in one.text for one in office.letters_to("books@example.com")] == [True]


def test_without_mail_a_message_waits_for_slack_and_is_told_there(quiet_world: World) -> None:
    world = quiet_world
    world.closed_january()
    world.sim.workspace.kick(world.channels["acme"], world.app.bot_user_id)
    patience(world, turns=6)
    assert len(untold(world)) == 4, "acme's two, and globex's, who have no channel"
    world.sim.workspace.invite(world.channels["acme"], world.app.bot_user_id)
    patience(world, turns=3)
    assert len(world.said_in("acme")) == 2


def test_who_looks_after_it_sees_what_is_stuck_and_why_and_nobody_else(quiet_world: World) -> None:
    store = quiet_world.store
    for role in (Role.OWNER, Role.FINANCE, Role.ENGINEER):
        assert list(list_stuck(store, person=Person(store.seller_id, "Fay", role))) == []
    for role in (Role.SUPPORT, Role.APPROVER):
        with pytest.raises(Forbidden, match="may not see what could not be delivered"):
            list_stuck(store, person=Person(store.seller_id, "Sam", role))


def test_few_that_waited_are_told_in_order_and_many_become_one_message(quiet_world: World) -> None:
    world = quiet_world
    world.sim.workspace.kick(world.channels["acme"], world.app.bot_user_id)
    for month in range(1, 13):
        last = date(2026 + month // 12, month % 12 + 1, 1) - timedelta(days=1)
        world.close(last.isoformat())
        if month == 1:
            world.deliver()
    world.sim.workspace.invite(world.channels["acme"], world.app.bot_user_id)
    patience(world, turns=4)
    [caught_up] = world.said_in("acme")
    assert caught_up.text.startswith("13 messages waited while Slack could not be reached")
    numbers = [word.rstrip(",.:") for word in caught_up.text.split() if word.startswith("EX-")]
    assert len(numbers) == 13
    assert numbers == sorted(numbers)

    world.close("2027-01-31")
    patience(world, turns=2)
    assert len(world.said_in("acme")) == 2, "what comes after is told by itself again"


def test_home_says_what_is_stuck_and_a_click_sends_it_again(world: World) -> None:
    add_customer(world.store, key="initech", name="Initech", in_zone="UTC", now=BEGIN)
    subscribe(world.store, customer_key="initech", plan_key="starter", starts_on=date(2026, 1, 1))
    bind_customer_channel(world.store, customer_key="initech", channel_id=world.channels["lobby"])
    world.sim.workspace.kick(world.channels["lobby"], world.app.bot_user_id)
    world.close("2026-01-31")
    world.deliver()
    fay = world.person("fay")
    home = fay.open_home()
    assert home is not None
    assert "messages could not be delivered" in texts(home["blocks"])
    fay.click_view("deliveries_open")
    world.window("fay", "type /invite @Farthing there")
    world.sim.workspace.invite(world.channels["lobby"], world.app.bot_user_id)
    [key] = [str(one.key) for one in list_stuck(world.store, person=None) if "to initech" in one.what]
    for _ in range(2):
        fay.click_view("deliveries_resend", key, block_id=key)
    world.window("fay", "It is sent again, once.")
    world.deliver()
    world.deliver()
    assert len(world.said_in("lobby")) == 2, "the stuck one, and the next that waited behind it"
