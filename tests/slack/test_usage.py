"""`/usage`, by the hands of people in the simulated Slack, on real books."""

import pytest

from tests.slack.world import World, kinds, texts


def test_usage_is_one_command_and_seen_by_one_person(world: World) -> None:
    world.use("acme", 400_000, at="2026-01-05T10:00:00Z")
    fay, finance = world.person("fay"), world.channels["finance"]

    card = world.answered(fay.command("/usage acme", channel=finance))

    assert "has come to 49.80 USD for 1–31 Jan 2026" in card.text
    assert kinds(card.blocks).count("data_visualization") == 1
    assert "400,000 tokens" in texts(card.blocks)
    assert world.said_in("finance") == []


def test_in_a_customers_own_channel_no_name_is_needed(world: World) -> None:
    card = world.answered(world.person("fay").command("/usage", channel=world.channels["acme"]))

    assert card.text.startswith("Acme &amp; &lt;Sons&gt; has come to")


def test_elsewhere_it_asks_whose_and_a_choice_replaces_the_question(world: World) -> None:
    fay, lobby = world.person("fay"), world.channels["lobby"]
    question = world.answered(fay.command("/usage", channel=lobby))
    assert "Whose usage?" in question.text

    fay.click_ephemeral(question.id, "usage_of", "globex")

    world.until(lambda: "Globex Corporation has come to" in fay.ephemerals(lobby)[-1].text)
    assert len(fay.ephemerals(lobby)) == 1


def test_the_closest_names_are_offered_as_buttons(world: World) -> None:
    fay, lobby = world.person("fay"), world.channels["lobby"]
    answer = world.answered(fay.command("/usage acmee", channel=lobby))
    assert "Did you mean acme?" in answer.text

    fay.click_ephemeral(answer.id, "usage_closest_0")

    world.until(lambda: "has come to" in fay.ephemerals(lobby)[-1].text)


def test_a_customers_person_is_offered_nobody_else(world: World) -> None:
    ann, lobby = world.person("ann"), world.channels["lobby"]

    own = world.answered(ann.command("/usage", channel=lobby))
    other = world.answered(ann.command("/usage globex", channel=lobby))
    unknown = world.answered(ann.command("/usage nobody", channel=lobby))

    assert own.text.startswith("Acme")
    assert other.text == "There is no customer “globex” here."
    assert unknown.text == other.text.replace("globex", "nobody")


@pytest.mark.parametrize(
    "line", ["/usage “Globex Corporation”", "/usage globex corporation", "/usage ‘globex’ this month"]
)
def test_names_of_several_words_and_curly_quotes_are_understood(world: World, line: str) -> None:
    card = world.answered(world.person("fay").command(line, channel=world.channels["lobby"]))

    assert card.text.startswith("Globex Corporation has come to")


@pytest.mark.parametrize("line", ["/usage acme 2026–01", "/usage acme january 2026", "/usage acme last month"])
def test_an_earlier_month_can_be_asked_for(world: World, line: str) -> None:
    world.closed_january()

    card = world.answered(world.person("fay").command(line, channel=world.channels["finance"]))

    assert "for 1–31 Jan 2026" in card.text
    assert "1,300,000 tokens" in texts(card.blocks)


def test_a_month_to_come_is_refused_with_what_to_ask(world: World) -> None:
    answer = world.answered(world.person("fay").command("/usage acme 2027-05", channel=world.channels["finance"]))

    assert answer.text == "2027-05 has not begun; ask for this month or an earlier one."


def test_the_breakdown_tells_each_day(world: World) -> None:
    world.use("acme", 400_000, at="2026-01-05T10:00:00Z")
    world.use("acme", 1, at="2026-01-06T10:00:00Z")
    fay = world.person("fay")
    card = world.answered(fay.command("/usage acme", channel=world.channels["finance"]))

    fay.click_ephemeral(card.id, "usage_breakdown")

    said = texts(world.window("fay", "usage by day").blocks)
    assert "5 Jan  400,000" in said
    assert "6 Jan        1" in said


def test_a_card_is_shared_where_the_customer_may_be_told(world: World) -> None:
    fay = world.person("fay")
    card = world.answered(fay.command("/usage acme", channel=world.channels["acme"]))

    fay.click_ephemeral(card.id, "usage_share")

    world.until(lambda: len(world.said_in("acme")) == 1)
    shared = world.said_in("acme")[0]
    assert "has come to" in shared.text
    assert "actions" not in kinds(shared.blocks)


def test_a_card_is_not_shared_with_everybody(world: World) -> None:
    fay, lobby = world.person("fay"), world.channels["lobby"]
    card = world.answered(fay.command("/usage acme", channel=lobby))

    refused = world.answered(fay.click_ephemeral(card.id, "usage_share"))

    assert "in the finance channel and in their own channel only" in refused.text
    assert world.said_in("lobby") == []


def test_help_says_how_it_is_typed(world: World) -> None:
    answer = world.answered(world.person("fay").command("/usage help", channel=world.channels["lobby"]))

    assert "/usage northwind october 2026" in texts(answer.blocks)
