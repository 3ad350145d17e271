"""Short-lived rights an app gets from a person's act: a trigger to open a form, a private answer address."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from farthing_slacksim import ids
from farthing_slacksim.errors import SlackError
from farthing_slacksim.model import ResponseUrl, Trigger

if TYPE_CHECKING:
    from farthing_slacksim.common import Common

TRIGGER_LIFE = timedelta(seconds=3)
RESPONSE_URL_LIFE = timedelta(minutes=30)


class Passes:
    """Triggers and response URLs of one simulator."""

    def __init__(self, common: Common) -> None:
        self._common = common
        self._triggers: dict[str, Trigger] = {}
        self._response_urls: dict[str, ResponseUrl] = {}

    def new_trigger(self, app_id: str, user_id: str, view_id: str | None = None) -> Trigger:
        """A trigger; `view_id` is the modal it was made in, which `views.push` goes on top of."""
        with self._common.lock:
            trigger = Trigger(ids.new_trigger_id(), app_id, user_id, self._common.now(), view_id)
            self._triggers[trigger.id] = trigger
            return trigger

    def use_trigger(self, app_id: str, trigger_id: str) -> Trigger:
        """Takes a trigger, once; the error says why it cannot be taken."""
        with self._common.lock:
            trigger = self._triggers.get(trigger_id)
            if trigger is None or trigger.app_id != app_id:
                raise SlackError("invalid_trigger_id")
            if trigger.used:
                raise SlackError("exchanged_trigger_id")
            if self._common.now() - trigger.made_at > TRIGGER_LIFE:
                raise SlackError("expired_trigger_id")
            trigger.used = True
            return trigger

    def new_response_url(
        self,
        app_id: str,
        user_id: str,
        channel: str,
        *,
        message_ts: str | None = None,
        ephemeral_id: str | None = None,
        team_id: str = "",
    ) -> ResponseUrl:
        """An answer address; the message or ephemeral it was made on is what `replace_original` changes."""
        with self._common.lock:
            url = ResponseUrl(
                slug=ids.new_slug(),
                app_id=app_id,
                user_id=user_id,
                channel=channel,
                made_at=self._common.now(),
                team_id=team_id,
                message_ts=message_ts,
                ephemeral_id=ephemeral_id,
            )
            self._response_urls[url.slug] = url
            return url

    def use_response_url(self, slug: str) -> ResponseUrl:
        with self._common.lock:
            url = self._response_urls.get(slug)
            if url is None:
                raise SlackError("no_hook")
            if self._common.now() - url.made_at > RESPONSE_URL_LIFE:
                raise SlackError("expired_url")
            if url.uses_left == 0:
                raise SlackError("used_url")
            url.uses_left -= 1
            return url
