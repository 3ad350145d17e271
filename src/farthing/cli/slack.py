"""Slack: the manifest of the seller's app, its tokens, and which channel is whose."""

import json
import sys
from dataclasses import replace
from urllib.parse import urlsplit

import click

from farthing.cli.commands import Commands
from farthing.cli.opened import Opened, opened, settings_of
from farthing.core.parties import Mode
from farthing.core.refused import Refused
from farthing.settings import SlackMode, load, save
from farthing.slack.manifest import manifest
from farthing.slack.names import CommandNames
from farthing.usecases.bind_channel import bind_customer_channel, bind_data_channel, bind_finance_channel
from farthing.usecases.connect_slack import connect_slack


@click.group("slack", cls=Commands)
def group() -> None:
    """Slack: manifest, connect, bind, bind-finance, bind-data, simulate."""


@group.command("manifest")
@click.option("--usage-command", help="The name of /usage, when another app has it.")
@click.option("--billing-command", help="The name of /billing, when another app has it.")
@click.pass_context
def manifest_(context: click.Context, usage_command: str | None, billing_command: str | None) -> None:
    """Print the manifest to make the app from: api.slack.com/apps, Create New App, From a manifest."""
    settings = settings_of(context)
    commands = CommandNames(
        usage=usage_command or settings.usage_command, billing=billing_command or settings.billing_command
    )
    mode = SlackMode.HTTP if settings.slack_mode is SlackMode.HTTP else SlackMode.SOCKET
    made = manifest(commands=commands, mode=mode.value, public_url=settings.public_url)
    click.echo(json.dumps(made, indent=2, ensure_ascii=False))


@group.command("connect")
@click.option("--bot-token", envvar="FARTHING_SLACK_BOT_TOKEN", help="xoxb-…, under OAuth & Permissions.")
@click.option("--app-token", envvar="FARTHING_SLACK_APP_TOKEN", help="xapp-…, under Basic Information.")
@click.option("--signing-secret", envvar="FARTHING_SLACK_SIGNING_SECRET", help="Under Basic Information.")
@click.option(
    "--api-url", metavar="URL", help="A simulated Slack on this machine, as farthing slack simulate prints it."
)
def connect(bot_token: str | None, app_token: str | None, signing_secret: str | None, api_url: str | None) -> None:
    """Check the app's tokens and keep them encrypted. Without options it asks for them, unseen.

    --api-url is kept in the settings, so that serve and doctor go there too; https://slack.com/api/ goes back to Slack.
    """
    # The Slack client takes a while to load, which no other command should wait for.
    from farthing.slack.connect import check_tokens

    settings = settings_of(click.get_current_context())
    wanted = settings.slack_mode is SlackMode.HTTP
    if bot_token is None:
        bot_token = _ask("Bot token (xoxb-…)", "--bot-token or FARTHING_SLACK_BOT_TOKEN")
    if wanted and signing_secret is None:
        signing_secret = _ask("Signing secret", "--signing-secret or FARTHING_SLACK_SIGNING_SECRET")
    if not wanted and app_token is None:
        app_token = _ask("App token (xapp-…)", "--app-token or FARTHING_SLACK_APP_TOKEN")
    with opened() as at:
        address = settings.slack_api_url if api_url is None else _address(at, api_url)
        install = check_tokens(
            bot_token=bot_token.strip(),
            app_token=None if app_token is None else app_token.strip(),
            signing_secret=None if signing_secret is None else signing_secret.strip(),
            slack_api_url=address,
        )
        connect_slack(at.store, install)
    if api_url is not None:
        # What the environment says belongs to this command, and is not written down.
        save(replace(load(settings.home, environment={}), slack_api_url=address))
        if settings_of(click.get_current_context()).slack_api_url != address:
            click.echo(
                f"FARTHING_SLACK_API_URL says another address and goes before the settings: unset it for {address}."
            )
    click.echo(f"Workspace {install.team_id} is connected. Restart farthing serve to use it.")
    click.echo("Next: farthing slack bind-finance CHANNEL_ID, and the owner's code in the app's Home tab.")


@group.command("bind-finance")
@click.argument("channel")
def bind_finance(channel: str) -> None:
    """Tell closing runs in CHANNEL (its id, at the bottom of its details in Slack)."""
    _check_channel(channel)
    with opened() as at:
        bind_finance_channel(at.store, channel_id=channel)
    click.echo(f"Closing runs are told in {channel} from now on. Invite the app there: /invite @Farthing.")


@group.command("bind-data")
@click.argument("channel")
def bind_data(channel: str) -> None:
    """Tell how usage arrives in CHANNEL; without one it is told where closing runs are."""
    _check_channel(channel)
    with opened() as at:
        bind_data_channel(at.store, channel_id=channel)
    click.echo(f"How usage arrives is told in {channel} from now on. Invite the app there: /invite @Farthing.")


@group.command("bind")
@click.argument("customer")
@click.argument("channel")
def bind(customer: str, channel: str) -> None:
    """Tell CUSTOMER's invoices in CHANNEL (its id, at the bottom of its details in Slack)."""
    _check_channel(channel)
    with opened() as at:
        bind_customer_channel(at.store, customer_key=customer, channel_id=channel)
    click.echo(f"{customer}'s invoices are told in {channel} from now on. Invite the app there: /invite @Farthing.")


def _ask(what: str, otherwise: str) -> str:
    if not sys.stdin.isatty():
        raise Refused(f"farthing slack connect needs {otherwise} when it cannot ask for it.")
    answer: str = click.prompt(what, hide_input=True)
    return answer


def _address(at: Opened, written: str) -> str:
    """Where a sandbox may take its tokens beside Slack: to this machine, and nowhere else."""
    from farthing.slack.clients import is_loopback, official_address

    url = written.strip().rstrip("/") + "/"
    try:
        is_web = urlsplit(url).scheme in ("http", "https")
        is_ours, is_slack = is_web and is_loopback(url), official_address(url)
    except ValueError:
        is_ours = is_slack = False
    if is_slack:
        return url
    with at.store.transaction():
        mode = at.store.seller().mode
    if mode is Mode.LIVE:
        raise Refused("This seller is live, so its tokens go to Slack alone; leave out --api-url.")
    if not is_ours:
        raise Refused(
            f"“{written[:80]}” is no address on this machine; --api-url takes what farthing slack simulate prints, "
            "like http://127.0.0.1:8400/api/."
        )
    return url


def _check_channel(channel: str) -> None:
    if not (channel.isascii() and channel.isalnum() and channel[:1] in ("C", "G") and channel.isupper()):
        raise Refused(
            f"“{channel[:40]}” is no channel id; copy it from the bottom of the channel's details in Slack "
            "(it begins with C or G)."
        )
