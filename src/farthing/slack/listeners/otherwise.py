"""Whatever nothing else hears: acknowledged, and answered with help, so that no click is left hanging."""

import re

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from farthing.slack.desk import Desk
from farthing.slack.hearing import listener
from farthing.slack.views.help import billing_help
from farthing.slack.views.words import say
from farthing.slack.visit import Visit

_ANYTHING = re.compile(".*", re.DOTALL)


def register(app: AsyncApp, desk: Desk) -> None:
    """To be registered last: Bolt takes the first listener that fits."""
    app.command(_ANYTHING)(listener(desk, _help, strangers=True))
    app.action(_ANYTHING)(listener(desk, _old_button, strangers=True))
    app.shortcut(_ANYTHING)(listener(desk, _help_window, strangers=True))
    app.event("app_mention")(listener(desk, _mentioned, strangers=True))

    @app.view(_ANYTHING)
    async def sent(ack: AsyncAck) -> None:
        await ack()

    @app.view_closed(_ANYTHING)
    async def closed(ack: AsyncAck) -> None:
        await ack()

    @app.options(_ANYTHING)
    async def options(ack: AsyncAck) -> None:
        await ack(options=[])

    @app.event(_ANYTHING)
    async def event() -> None:
        """Bolt acknowledges events by itself."""


async def _help(visit: Visit) -> None:
    commands = visit.desk.commands
    await visit.show(billing_help(usage_command=commands.usage, billing_command=commands.billing))


async def _help_window(visit: Visit) -> None:
    await visit.tell(say("Type {billing} help to see what can be asked here.", billing=visit.desk.commands.billing))


async def _old_button(visit: Visit) -> None:
    await visit.tell(
        say(
            "That button is from an older version and does nothing now; type {billing} help.",
            billing=visit.desk.commands.billing,
        )
    )


async def _mentioned(visit: Visit) -> None:
    commands, event = visit.desk.commands, visit.body["event"]
    card = billing_help(usage_command=commands.usage, billing_command=commands.billing)
    visit.note(card.text, card.blocks)
    await visit.client.chat_postEphemeral(
        channel=event["channel"],
        user=visit.actor.user_id,
        text=card.text,
        blocks=card.blocks,
        thread_ts=event.get("thread_ts"),
    )
