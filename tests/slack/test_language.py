"""Everybody reads Slack in their own language: chosen in Home, else their customer's, the locale's, the seller's."""

from __future__ import annotations

from farthing.usecases.languages import choose_language
from tests.slack.world import World, texts


def home_becomes(world: World, name: str, holding: str) -> None:
    """This person's Home holds these words, now or in a moment."""
    hands = world.person(name)

    def holds() -> bool:
        view = hands.home()
        return view is not None and holding in texts(view.blocks)

    world.until(holds)


def test_home_is_drawn_again_at_once_in_the_language_that_is_chosen_there(world: World) -> None:
    fay, lobby = world.person("fay"), world.channels["lobby"]
    fay.open_home()
    home_becomes(world, "fay", "Newest invoices")
    assert fay.click_view("home_language", "ru").ok
    home_becomes(world, "fay", "Последние счета")
    said = world.answered(fay.command("/usage acme", channel=lobby))
    assert "Период закончится 31\u00a0янв. 2026\u00a0г." in said.text
    refused = fay.command("/billing explain EX-1 two", channel=lobby)
    world.until(lambda: refused.ephemerals)
    assert refused.ephemerals[-1].text == "«two» — не строка; строки пронумерованы 1, 2, 3…"
    assert fay.click_view("home_language", "default").ok
    home_becomes(world, "fay", "Newest invoices")


def test_a_customer_is_told_in_their_language_and_the_sellers_people_in_theirs(world: World) -> None:
    choose_language(world.store, "acme", "ru")
    world.closed_january()
    world.deliver()
    card = world.card_of("acme", "Итого")
    assert "для Acme &amp; &lt;Sons&gt;: 51,45\u00a0USD за 1–31\u00a0янв. 2026\u00a0г." in card.text
    assert world.said_in("finance")[-1].text.startswith("Billing run through 31 Jan 2026")
    ann = world.person("ann")
    ann.open_home()
    home_becomes(world, "ann", "Ваши счета")
    assert ann.click_view("home_language", "en").ok
    home_becomes(world, "ann", "Your invoices")


def test_slacks_locale_is_a_guess_for_staff_who_chose_nothing(world: World) -> None:
    fay = world.person("fay")
    world.sim.workspace.users[world.people["fay"]].locale = "ru-RU"
    fay.open_home()
    home_becomes(world, "fay", "Последние счета")
    assert fay.click_view("home_language", "en").ok
    home_becomes(world, "fay", "Newest invoices")
