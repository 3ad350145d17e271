"""What all workspaces of one simulator have in common: one clock, one counter of ids, and what crosses between them.

A channel shared between companies is one channel with one list of messages, so those live here and not in a
workspace. Everything may be called from any thread.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from farthing_slacksim.files import Files
from farthing_slacksim.ids import Ids
from farthing_slacksim.model import Channel, Ephemeral, InstalledApp, Message, User
from farthing_slacksim.passes import Passes
from farthing_slacksim.views import Views

if TYPE_CHECKING:
    from farthing_slacksim.workspace import Workspace


class Common:
    """The ground the workspaces stand on, and a counter that moves with every change in any of them."""

    def __init__(self, clock: Callable[[], datetime] | None = None) -> None:
        self.lock = threading.RLock()
        self._changed = threading.Condition(self.lock)
        self.version = 0
        self.last_microsecond = 0
        self._clock = clock or (lambda: datetime.now(UTC))
        self.moved = timedelta()
        self.ids = Ids()
        self.workspaces: dict[str, Workspace] = {}
        self.messages: dict[str, list[Message]] = {}
        self.ephemerals: list[Ephemeral] = []
        self.views = Views(self)
        self.passes = Passes(self)
        self.files = Files(self)

    def now(self) -> datetime:
        return self._clock() + self.moved

    def move_time(self, by: timedelta) -> None:
        """Puts Slack's clock on: links and forms run out, retries come, days pass. It never goes back."""
        assert by >= timedelta(), "Slack's clock never goes back"
        self.moved += by
        self.changed()

    def now_seconds(self) -> int:
        return int(self.now().timestamp())

    def new_ts(self) -> str:
        """A message's name: its time to the microsecond, later than any before it."""
        with self.lock:
            microsecond = max(round(self.now().timestamp() * 1_000_000), self.last_microsecond + 1)
            self.last_microsecond = microsecond
            return f"{microsecond // 1_000_000}.{microsecond % 1_000_000:06d}"

    def changed(self) -> None:
        """To be called after anything a person could see has changed."""
        with self._changed:
            self.version += 1
            self._changed.notify_all()

    def wait_for_change(self, since: int, timeout: float) -> int:
        """Waits until something moved past version `since`; gives back the version it is at."""
        with self._changed:
            self._changed.wait_for(lambda: self.version > since, timeout)
            return self.version

    def wait_until(self, true: Callable[[], object], timeout: float = 5.0) -> bool:
        """Waits until `true()` holds, looking again at every change; False when the time is over."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while not true():
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(left)
            return True

    def user(self, user_id: str) -> User | None:
        """A person or bot of any workspace."""
        every = list(self.workspaces.values())
        return next((workspace.users[user_id] for workspace in every if user_id in workspace.users), None)

    def apps_in(self, channel: Channel) -> list[InstalledApp]:
        """The apps whose bot sits in a channel, each once, however many of the channel's companies have it."""
        found: dict[str, InstalledApp] = {}
        for workspace in list(self.workspaces.values()):
            for app in workspace.apps.all():
                if app.bot_user_id in channel.members:
                    found.setdefault(app.app_id, app)
        return list(found.values())
