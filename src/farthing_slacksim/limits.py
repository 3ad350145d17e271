"""Rate limits: how many calls a minute Slack takes of each method in each workspace, and one post a second a channel.

Off until `enforce()` is called, since few tests are about them; then they go by the workspace's own clock.
"""

from __future__ import annotations

import math
import threading
from collections import defaultdict, deque
from datetime import datetime, timedelta

_TIERS = {1: 1, 2: 20, 3: 50, 4: 100}
_TIER_OF = {
    "chat.delete": 3,
    "chat.update": 3,
    "chat.unfurl": 3,
    "chat.postEphemeral": 4,
    "views.publish": 4,
    "views.open": 4,
    "views.push": 4,
    "views.update": 4,
    "files.getUploadURLExternal": 4,
    "files.completeUploadExternal": 4,
    "files.info": 4,
    "conversations.info": 3,
    "conversations.open": 3,
    "conversations.join": 3,
    "conversations.list": 2,
    "conversations.members": 4,
    "users.info": 4,
    "users.list": 2,
    "users.lookupByEmail": 3,
    "team.info": 3,
    "bots.info": 3,
    "apps.connections.open": 1,
    "auth.revoke": 3,
}
_MINUTE = timedelta(minutes=1)
_SECOND = timedelta(seconds=1)


class Limits:
    """What was called lately, by method and workspace and by channel."""

    def __init__(self) -> None:
        self.enforced = False
        self._lately: defaultdict[tuple[str, str], deque[datetime]] = defaultdict(deque)
        self._lock = threading.Lock()

    def enforce(self) -> None:
        self.enforced = True

    def wait_for(self, method: str, team_id: str, channel: str, now: datetime) -> int | None:
        """Counts one call; or, when it is one too many, gives back after how many seconds to come again.

        >>> limits, now = Limits(), datetime(2026, 4, 1)
        >>> limits.enforce()
        >>> limits.wait_for("chat.postMessage", "T1", "C1", now), limits.wait_for("chat.postMessage", "T1", "C1", now)
        (None, 1)
        >>> limits.wait_for("chat.postMessage", "T1", "C2", now)
        """
        if not self.enforced:
            return None
        if method == "chat.postMessage":
            return self._counted((f"{method} {channel}", team_id), 1, _SECOND, now)
        if method not in _TIER_OF:
            return None
        return self._counted((method, team_id), _TIERS[_TIER_OF[method]], _MINUTE, now)

    def _counted(self, key: tuple[str, str], most: int, within: timedelta, now: datetime) -> int | None:
        with self._lock:
            lately = self._lately[key]
            while lately and now - lately[0] >= within:
                lately.popleft()
            if len(lately) >= most:
                return max(1, math.ceil((lately[0] + within - now).total_seconds()))
            lately.append(now)
            return None
