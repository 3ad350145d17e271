"""Before tokens are kept they are checked, and the manifest asks for what the app uses and no more."""

import secrets
from dataclasses import replace
from uuid import UUID

import pytest

from farthing.core.invoicing.invoice import LegalEntity
from farthing.core.notices import RunClosed
from farthing.core.parties import Mode, Seller
from farthing.core.refused import Refused
from farthing.slack.app import make_slack_app
from farthing.slack.connect import check_tokens, official_address
from farthing.slack.delivery import SlackNotifier
from farthing.slack.manifest import manifest
from farthing.slack.names import BOT_SCOPES, CommandNames
from farthing.usecases.ports import NoticeRow, NotNow
from farthing.wiring import Wired
from farthing_slacksim.server import SlackSim
from tests.slack.world import World


def test_good_tokens_say_whose_they_are(quiet_world: World) -> None:
    world = quiet_world

    install = check_tokens(
        bot_token=world.app.bot_token,
        app_token=world.app.app_token,
        signing_secret=world.app.signing_secret,
        slack_api_url=world.sim.api_url,
    )

    assert (install.team_id, install.bot_user_id) == (world.sim.workspace.team_id, world.app.bot_user_id)
    assert install.finance_channel is None
    assert world.app.bot_token not in repr(install)


@pytest.mark.parametrize(
    ("wrong", "field", "said"),
    [
        ({"bot_token": "abc"}, "bot_token", "begins with xoxb-"),
        ({"bot_token": "xoxb-nobodys"}, "bot_token", "does not accept the bot token"),
        ({"app_token": "xoxb-abc"}, "app_token", "begins with xapp-"),
        ({"app_token": "xapp-nobodys"}, "app_token", "does not accept the app token"),
        ({"app_token": None, "signing_secret": None}, "app_token", "there is neither"),
        ({"slack_api_url": "http://127.0.0.1:9/api"}, "bot_token", "Slack cannot be reached"),
    ],
)
def test_each_problem_is_one_sentence(quiet_world: World, wrong: dict[str, str | None], field: str, said: str) -> None:
    world = quiet_world
    right: dict[str, str | None] = {
        "bot_token": world.app.bot_token,
        "app_token": world.app.app_token,
        "signing_secret": world.app.signing_secret,
        "slack_api_url": world.sim.api_url,
    }

    with pytest.raises(Refused) as refused:
        check_tokens(**(right | wrong))  # type: ignore[arg-type]

    assert said in refused.value.sentence
    assert refused.value.field == field


def test_missing_scopes_are_named() -> None:
    lacking = manifest()
    lacking["oauth_config"]["scopes"]["bot"].remove("files:write")
    lacking["oauth_config"]["scopes"]["bot"].remove("metadata.message:read")
    with SlackSim().running() as sim:
        app = sim.workspace.install_app(lacking)

        with pytest.raises(Refused, match=r"lacks files:write, metadata\.message:read; update the app"):
            check_tokens(
                bot_token=app.bot_token, app_token=app.app_token, signing_secret=None, slack_api_url=sim.api_url
            )


@pytest.mark.parametrize(
    ("url", "official"),
    [
        ("https://slack.com/api/", True),
        ("https://www.slack.com/api/", True),
        ("http://slack.com/api/", False),
        ("https://slack.com.example.org/api/", False),
        ("https://notslack.com/api/", False),
        ("http://127.0.0.1:8481/api/", False),
    ],
)
def test_only_slacks_own_address_is_official(url: str, official: bool) -> None:
    assert official_address(url) is official


def test_the_manifest_for_sockets_needs_no_address() -> None:
    made = manifest(commands=CommandNames("/spend", "/bills"))

    assert made["settings"]["socket_mode_enabled"] is True
    assert "request_url" not in made["settings"]["event_subscriptions"]
    assert [command["command"] for command in made["features"]["slash_commands"]] == ["/spend", "/bills"]
    assert made["oauth_config"]["scopes"]["bot"] == list(BOT_SCOPES)


def test_the_manifest_for_http_tells_slack_where_we_are() -> None:
    made = manifest(mode="http", public_url="https://bills.example.com/")

    address = "https://bills.example.com/slack/events"
    assert made["settings"]["socket_mode_enabled"] is False
    assert made["settings"]["event_subscriptions"]["request_url"] == address
    assert made["settings"]["interactivity"]["request_url"] == address
    assert {command["url"] for command in made["features"]["slash_commands"]} == {address}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"mode": "http"}, "give one that begins with https://"),
        ({"mode": "http", "public_url": "http://bills.example.com"}, "give one that begins with https://"),
        ({"mode": "pigeon"}, "two modes, socket and http"),
        ({"commands": CommandNames("/Usage!", "/billing")}, "cannot be a command"),
        ({"commands": CommandNames("/usage", "/usage")}, "need different names"),
    ],
)
def test_a_manifest_that_slack_would_refuse_is_not_made(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(Refused, match=said):
        manifest(**wrong)  # type: ignore[arg-type]


def test_a_live_seller_sends_nothing_to_an_address_that_is_not_slacks(wired: Wired, quiet_world: World) -> None:
    live = Seller(
        UUID(bytes=secrets.token_bytes(16)),
        name="Live",
        mode=Mode.LIVE,
        entity=LegalEntity("main", "Live", in_zone="UTC", number_prefix="LI"),
    )
    wired.database.add_seller(live)
    store, sim = wired.for_seller(live.seller_id), quiet_world.sim
    with store.transaction():
        store.keep_slack_install(replace(quiet_world.install, finance_channel=quiet_world.channels["finance"]))
    row = NoticeRow(
        notice_id=UUID(int=5),
        notice=RunClosed(UUID(int=6)),
        written_at=wired.world(),
        revision=1,
        told_revision=0,
        attempts=0,
        next_try_at=wired.world(),
        sending_since=None,
        channel_id=None,
        message_ts=None,
        trouble=None,
    )

    with pytest.raises(Refused, match="is not Slack's address"):
        make_slack_app(wired, live.seller_id, wired.documents, slack_api_url=sim.api_url, install=quiet_world.install)
    with pytest.raises(NotNow, match="is not Slack's address"):
        SlackNotifier(slack_api_url=sim.api_url).tell(store, row)

    assert len(sim.traffic) == 0
