"""Links: an app is told of its own domains' links that people share, and may show something beneath the message."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from farthing_slacksim.model import InstalledApp, Json, Message

if TYPE_CHECKING:
    from farthing_slacksim.workspace import Workspace

_ADDRESS = re.compile(r"https?://[^\s<>|]+")


def links_of(app: InstalledApp, text: str) -> list[Json]:
    """The links in a text that belong to the app's domains, each once.

    >>> from types import SimpleNamespace
    >>> app = SimpleNamespace(unfurl_domains=["bill.example"])
    >>> links_of(app, "see <https://a.bill.example/i/1|it>, not https://not-bill.example")
    [{'domain': 'bill.example', 'url': 'https://a.bill.example/i/1'}]
    """
    found: dict[str, Json] = {}
    for address in _ADDRESS.findall(text):
        host = urlsplit(address).hostname or ""
        for domain in app.unfurl_domains:
            if host == domain or host.endswith(f".{domain}"):
                found[address] = {"domain": domain, "url": address}
    return list(found.values())


def tell_of_links(workspace: Workspace, message: Message) -> None:
    """Apps hear `link_shared` of a posted message, whether their bot is in the channel or not."""
    channel = workspace.channels[message.channel]
    for app in workspace.apps.all():
        links = [] if app.uninstalled else links_of(app, message.text)
        if links:
            place = {"channel": channel.id, "message_ts": message.ts, "source": "conversations_history"}
            if message.thread_ts:
                place["thread_ts"] = message.thread_ts
            member = app.bot_user_id in channel.members
            workspace.tell_app(app, _event(workspace, message.user, links, is_bot_user_member=member) | place)


def tell_of_draft(workspace: Workspace, user_id: str, text: str) -> None:
    """A link typed and not yet sent: Slack tells of it, too, as from a place called COMPOSER."""
    for app in workspace.apps.all():
        links = [] if app.uninstalled else links_of(app, text)
        if links:
            place = {"channel": "COMPOSER", "message_ts": str(uuid.uuid4()), "source": "composer"}
            workspace.tell_app(app, _event(workspace, user_id, links, is_bot_user_member=False) | place)


def _event(workspace: Workspace, user_id: str, links: list[Json], *, is_bot_user_member: bool) -> Json:
    return {
        "type": "link_shared",
        "user": user_id,
        "is_bot_user_member": is_bot_user_member,
        "unfurl_id": str(uuid.uuid4()),
        "links": links,
        "event_ts": workspace.new_ts(),
    }
