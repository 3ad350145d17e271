"""A card posted because a person asked for it, and files; once, and never again by themselves."""

from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from farthing.core.refused import Refused
from farthing.core.saying import message
from farthing.slack.clients import is_loopback
from farthing.slack.desk import Desk
from farthing.slack.troubles import code_of
from farthing.slack.views.blocks import Card
from farthing.slack.views.charts import is_native, without_native

UPLOAD_SECONDS = 30


async def post_card(client: AsyncWebClient, desk: Desk, channel_id: str, card: Card) -> None:
    """Post a card; where charts or tables are not known yet, once more with text."""
    said: dict[str, Any] = {"channel": channel_id, "text": card.text, "unfurl_links": False, "unfurl_media": False}
    native = is_native(card.blocks)
    if native and not desk.abilities.draws_natively(desk.install.team_id):
        await client.chat_postMessage(**said, blocks=without_native(card.blocks))
        return
    try:
        await client.chat_postMessage(**said, blocks=card.blocks)
    except SlackApiError as error:
        if code_of(error) != "invalid_blocks" or not native:
            raise
        await client.chat_postMessage(**said, blocks=without_native(card.blocks))
        desk.abilities.note_plain(desk.install.team_id)


async def upload(
    client: AsyncWebClient,
    content: bytes,
    *,
    filename: str,
    title: str,
    channel_id: str,
    thread_ts: str | None,
    comment: str,
) -> None:
    """Upload a file in Slack's three steps; the last one, which shows it, is taken once."""
    begun = await client.files_getUploadURLExternal(filename=filename, length=len(content))
    proxy = None if is_loopback(str(client.base_url)) else client.proxy
    timeout = aiohttp.ClientTimeout(total=UPLOAD_SECONDS)
    async with (
        aiohttp.ClientSession(timeout=timeout) as session,
        session.post(begun["upload_url"], data=content, proxy=proxy) as answer,
    ):
        if answer.status != 200:
            raise Refused(
                message("Slack did not take the file (it answered {status}); try again in a minute."),
                status=answer.status,
            )
    await client.files_completeUploadExternal(
        files=[{"id": begun["file_id"], "title": title}],
        channel_id=channel_id,
        thread_ts=thread_ts,
        initial_comment=comment,
    )
