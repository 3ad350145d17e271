"""One thing that a person did in Slack, and the ways to answer it; what was answered is noted for the audit log."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from farthing.core.people import Person
from farthing.core.refused import Refused
from farthing.core.saying import message
from farthing.logs import get_logger
from farthing.slack.auditing import words_of
from farthing.slack.clients import answer_client
from farthing.slack.desk import Desk
from farthing.slack.identity import Actor, Body, actor_of
from farthing.slack.troubles import trouble_of
from farthing.slack.views.blocks import Block, Card, sentence_card, sentence_modal
from farthing.slack.views.charts import is_native, without_native
from farthing.slack.views.words import said_of, say
from farthing.usecases.ports import SellerStore

T = TypeVar("T")
log = get_logger()

# Whoever waits longer than this is told that something is going on.
PATIENCE_SECONDS = 0.8
WORKING = message("Working…")
NOT_READ_YET = datetime.fromtimestamp(0, UTC)


class NotShown(Exception):
    """Slack did not take an answer that was sent through a response URL."""


@dataclass(slots=True)
class Visit:
    """`person` is None for a stranger; `now` is the seller's time, read once."""

    desk: Desk
    body: Body
    person: Person | None = None
    now: datetime = NOT_READ_YET
    said: list[str] = field(default_factory=list)

    @property
    def client(self) -> AsyncWebClient:
        """The way to Slack."""
        return self.desk.client

    @property
    def actor(self) -> Actor:
        """Who did it."""
        return actor_of(self.body)

    @property
    def known(self) -> Person:
        """The person, where strangers were turned away."""
        assert self.person is not None, "strangers are turned away before"
        return self.person

    @property
    def value(self) -> str:
        """What the clicked button carries, or the chosen option."""
        action = self.body["actions"][0]
        return str((action.get("selected_option") or action).get("value", ""))

    @property
    def channel_id(self) -> str:
        """Where it was done; empty in Home and in windows."""
        if "command" in self.body:
            return str(self.body.get("channel_id") or "")
        return str((self.body.get("channel") or {}).get("id") or "")

    def note(self, text: str, blocks: list[Block]) -> None:
        """Remember what this person was shown; a moment's “Working…” is nothing."""
        words = "\n".join(part for part in (text, words_of(blocks)) if part)
        if say(WORKING) not in words and words not in self.said:
            self.said.append(words)

    async def read(self, do: Callable[[SellerStore], T]) -> T:
        """Ask the books, in a thread."""
        store = self.desk.store()
        return await self.desk.threads.work(lambda: do(store))

    async def answer(self, read: Callable[[SellerStore], Card], *, replace: bool = False) -> None:
        """Show one person a card; when it takes long they are told so first, and it is replaced."""
        reading = asyncio.ensure_future(self.read(read))
        done, _ = await asyncio.wait({reading}, timeout=PATIENCE_SECONDS)
        if not done:
            await self.show(sentence_card(say(WORKING)), replace=replace)
            replace = True
        try:
            card = await reading
        except Refused as no:
            card = sentence_card(said_of(no.saying))
        await self.show(card, replace=replace)

    async def show(self, card: Card, *, replace: bool = False) -> None:
        """Show it to this person only. `replace` takes the place of the ephemeral message it answers."""
        team_id = self.desk.install.team_id
        native = is_native(card.blocks)
        if native and not self.desk.abilities.draws_natively(team_id):
            card, native = Card(card.text, without_native(card.blocks)), False
        answer = await self._respond(card, replace=replace)
        if answer != "ok" and native and answer == "invalid_blocks":
            answer = await self._respond(Card(card.text, without_native(card.blocks)), replace=replace)
            if answer == "ok":
                self.desk.abilities.note_plain(team_id)
        if answer != "ok":
            raise NotShown(answer)

    async def tell(self, sentence: str) -> None:
        """Say a sentence to this person: beside what they clicked, in the window they have open, or in a new one."""
        view = self.body.get("view") or {}
        if self.body.get("response_url"):
            await self.show(sentence_card(sentence))
        elif view.get("type") == "modal":
            self.note(sentence, [])
            await self.client.views_update(view_id=view["id"], view=sentence_modal("Farthing", sentence))
        elif self.body.get("trigger_id"):
            self.note(sentence, [])
            await self.client.views_open(trigger_id=self.body["trigger_id"], view=sentence_modal("Farthing", sentence))
        elif self.actor.user_id:
            self.note(sentence, [])
            await self.client.chat_postMessage(channel=self.actor.user_id, text=sentence_card(sentence).text)

    async def window(self, read: Callable[[SellerStore], Block]) -> None:
        """Open a window at once, since a trigger lives three seconds, and fill it; in a window, change that one."""
        view = self.body.get("view") or {}
        if view.get("type") == "modal":
            view_id = view["id"]
            reading = asyncio.ensure_future(self.read(read))
            done, _ = await asyncio.wait({reading}, timeout=PATIENCE_SECONDS)
            if not done:
                await self.client.views_update(view_id=view_id, view=sentence_modal("Farthing", say(WORKING)))
        else:
            opened = await self.client.views_open(
                trigger_id=self.body["trigger_id"], view=sentence_modal("Farthing", say(WORKING))
            )
            view_id = opened["view"]["id"]
            reading = asyncio.ensure_future(self.read(read))
        try:
            shown = await reading
        except Refused as no:
            shown = sentence_modal("Farthing", said_of(no.saying))
        except Exception as error:
            shown = sentence_modal("Farthing", explain_trouble(error, self.body))
        await self.client.views_update(view_id=view_id, view=shown)
        self.note("", shown["blocks"])

    async def _respond(self, card: Card, *, replace: bool) -> str:
        client = answer_client(self.body["response_url"])
        message: dict[str, Any] = {"text": card.text, "blocks": card.blocks}
        # What everybody sees is never replaced by what one person asked for.
        replace = replace and ("command" in self.body or bool((self.body.get("container") or {}).get("is_ephemeral")))
        message |= {"replace_original": True} if replace else {"response_type": "ephemeral", "replace_original": False}
        answer = await client.send_dict(message)
        if answer.status_code == 200:
            self.note(card.text, card.blocks)
            return "ok"
        return "invalid_blocks" if "invalid_blocks" in answer.body else f"{answer.status_code} {answer.body[:200]}"


def explain_trouble(error: Exception, body: Body) -> str:
    """The sentence that a person gets for an error; the log gets the trace, under the same reference."""
    if isinstance(error, Refused):
        return said_of(error.saying)
    trouble = trouble_of(error)
    reference = secrets.token_hex(4)
    log.error(
        "a Slack listener failed", reference=reference, kind=body.get("type") or body.get("command"), exc_info=error
    )
    if trouble is not None and isinstance(error, SlackApiError):
        return say("{what} (reference {reference})", what=said_of(trouble.saying), reference=reference)
    return say(
        "That did not work, and it is our fault; try again, or tell us the reference {reference}.", reference=reference
    )
