"""Home, by role; and the first owner, who brings the operator's code."""

from farthing.usecases.people import new_owner_code
from tests.slack.world import World, texts

FIELD = "code"


def code_form(code: str) -> dict[str, dict[str, str]]:
    return {FIELD: {"typed": code}}


def said_at_home(world: World, name: str) -> str:
    home = world.person(name).open_home()
    assert home is not None
    return texts(home["blocks"])


def test_staff_see_what_every_customer_comes_to(world: World) -> None:
    world.closed_january()

    said = said_at_home(world, "fay")

    assert "come to *0.00 USD*, beside fees that were charged ahead" in said
    assert "Globex Corporation  0.00 USD" in said
    assert "through 31 Jan 2026" in said


def test_a_customers_person_sees_their_own_account_and_no_other(world: World) -> None:
    world.closed_january()

    said = said_at_home(world, "ann")

    assert "your account" in said
    assert "51.45 USD" in said
    assert "Globex" not in said


def test_a_stranger_is_told_how_to_get_a_role_and_sees_no_money(world: World) -> None:
    world.closed_january()

    said = said_at_home(world, "sam")

    assert "You have no role here yet. Ask an owner" in said
    assert "USD" not in said
    assert "operator's code" not in said, "there is an owner already"


def test_the_first_owner_brings_the_code_wrong_and_then_right(unowned_world: World) -> None:
    world = unowned_world
    code = new_owner_code(world.store, now=world.clock())
    sam = world.person("sam")
    assert "I have the operator's code" in said_at_home(world, "sam")
    sam.click_view("owner_code_open")
    world.window("sam", "It works once")

    refused = sam.submit(code_form("AAAA-BBBB-CCCC"))
    assert refused == {FIELD: "That is not the code; it was printed by farthing init."}
    assert sam.submit(code_form(code.lower())) is None

    assert "You are an owner now" in texts(world.window("sam", "You are an owner now").blocks)
    world.until(lambda: "spend so far" in texts(sam.home().blocks))
    assert "I have the operator's code" not in said_at_home(world, "fay"), "one owner is enough"


def test_a_guest_cannot_become_an_owner(unowned_world: World) -> None:
    world = unowned_world
    code = new_owner_code(world.store, now=world.clock())
    sam = world.person("sam")
    sam.open_home()
    sam.click_view("owner_code_open")
    world.window("sam", "It works once")
    world.sim.workspace.users[world.people["sam"]].is_bot = True

    assert sam.submit(code_form(code)) == {
        FIELD: "Only full members of the seller's own workspace can be owners.",
    }
