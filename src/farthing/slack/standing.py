"""Whether someone is a full member of the seller's own workspace now: nobody else acts as the seller's staff."""

import time
from collections.abc import Callable
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from farthing.core.people import Person
from farthing.slack.identity import Actor
from farthing.slack.troubles import code_of

# Slack tells of changes by itself (`user_change`); this bounds how long one that was lost can matter.
KEPT_SECONDS = 60.0
_NO_FULL_MEMBER = ("deleted", "is_restricted", "is_ultra_restricted", "is_stranger", "is_bot")


class Standings:
    """What Slack said of people, remembered shortly. It is used from one event loop."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: dict[str, tuple[bool, float]] = {}
        self._locales: dict[str, str] = {}

    def forget(self, user_id: str) -> None:
        """Something changed about this person; Slack is asked anew."""
        self._known.pop(user_id, None)

    def locale_of(self, user_id: str) -> str:
        """What Slack last said of this person's locale, such as ru-RU; empty where it was never asked."""
        return self._locales.get(user_id, "")

    async def may_act(self, client: AsyncWebClient, person: Person, actor: Actor, *, home_team: str) -> bool:
        """Whether the role counts here and now. A customer's person may be a guest, or of another workspace."""
        if not person.role.is_staff:
            return True
        return actor.team_id == home_team and await self._is_full_member(client, actor.user_id, home_team)

    async def _is_full_member(self, client: AsyncWebClient, user_id: str, home_team: str) -> bool:
        known = self._known.get(user_id)
        if known is not None and self._clock() - known[1] < KEPT_SECONDS:
            return known[0]
        asked_at = self._clock()
        try:
            user = (await client.users_info(user=user_id, include_locale=True))["user"]
        except SlackApiError as error:
            if code_of(error) not in ("user_not_found", "user_not_visible"):
                raise
            user = {"deleted": True}
        self._locales[user_id] = str(user.get("locale") or "")
        full = is_full_member(user, home_team=home_team)
        self._known[user_id] = (full, asked_at)
        return full


def is_full_member(user: dict[str, Any], *, home_team: str) -> bool:
    """Whether what Slack says of a user makes them a full member: no guest, no stranger, no bot, not deactivated.

    >>> is_full_member({"team_id": "T1"}, home_team="T1"), is_full_member({"team_id": "T2"}, home_team="T1")
    (True, False)
    """
    return user.get("team_id", home_team) == home_team and not any(user.get(flag) for flag in _NO_FULL_MEMBER)
