"""The Slack app: everything people can do in Slack, heard by one app for one seller."""

import logging
import secrets
from uuid import UUID

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

from farthing.slack.abilities import OF_THIS_PROCESS
from farthing.slack.clients import async_web_client, refuse_foreign_address
from farthing.slack.desk import Desk
from farthing.slack.listeners import (
    alerts,
    drafts,
    explain,
    home,
    invoices,
    notices,
    otherwise,
    pdf,
    told_by_slack,
    usage,
)
from farthing.slack.names import USUAL_COMMANDS, CommandNames
from farthing.slack.standing import Standings
from farthing.slack.threads import Threads
from farthing.usecases.document_ports import Documents
from farthing.usecases.ports import Installation, SlackInstall


def make_slack_app(
    installation: Installation,
    seller_id: UUID,
    documents: Documents,
    *,
    slack_api_url: str,
    install: SlackInstall,
    commands: CommandNames = USUAL_COMMANDS,
) -> AsyncApp:
    """The app, ready for `run_socket_mode` or `http_endpoint`; refuses a live seller at an address not Slack's."""
    store = installation.for_seller(seller_id)
    with store.transaction():
        refuse_foreign_address(store.seller().mode, slack_api_url)
    client = async_web_client(install.bot_token, slack_api_url=slack_api_url)
    desk = Desk(
        installation=installation,
        seller_id=seller_id,
        documents=documents,
        install=install,
        commands=commands,
        client=client,
        abilities=OF_THIS_PROCESS,
        threads=Threads(),
        standings=Standings(),
    )

    async def authorize() -> AuthorizeResult:
        # The signature, or the socket, says that it is for this app, and the app serves one workspace; who the
        # person is and what they may do is asked of our own books.
        return AuthorizeResult(
            enterprise_id=None,
            team_id=install.team_id,
            bot_user_id=install.bot_user_id,
            bot_token=install.bot_token,
        )

    app = AsyncApp(
        name="farthing",
        logger=_quiet_logger(),
        client=client,
        authorize=authorize,
        # Without a signing secret nothing that comes by HTTP can be true: no signature fits a secret nobody has.
        signing_secret=install.signing_secret or secrets.token_hex(32),
        # Our own messages are what tells us that a post whose answer was lost is there.
        ignoring_self_events_enabled=False,
    )
    for part in (usage, invoices, alerts, drafts, notices, explain, pdf, home, told_by_slack, otherwise):
        part.register(app, desk)
    return app


def _quiet_logger() -> logging.Logger:
    logger = logging.getLogger("farthing.slack.bolt")
    logger.setLevel(logging.ERROR)
    return logger
