"""The workspace: its people, channels, messages, files and apps, and a counter that moves with every change.

Everything here may be called from any thread. Only what Slack itself would keep is kept; how an app is
asked or told about it is in `web_api` and `deliver`.
"""

import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from farthing_slacksim.apps import AppDirectory
from farthing_slacksim.files import Files
from farthing_slacksim.ids import Ids
from farthing_slacksim.model import Channel, Ephemeral, InstalledApp, Json, Message, User
from farthing_slacksim.passes import Passes
from farthing_slacksim.views import Views

TellApp = Callable[[InstalledApp, Json], None]


class Workspace:
    """One Slack workspace. `tell_app` is set by the server: it carries an event to an app."""

    def __init__(
        self,
        *,
        clock: Callable[[], datetime] | None = None,
        name: str = "Farthing Trading",
        domain: str = "farthing-trading",
    ) -> None:
        self.lock = threading.RLock()
        self._changed = threading.Condition(self.lock)
        self._version = 0
        self._last_microsecond = 0
        self._clock = clock or (lambda: datetime.now(UTC))
        self.ids = Ids()
        self.team_id = self.ids.next("T")
        self.name = name
        self.domain = domain
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self._messages: dict[str, list[Message]] = {}
        self._ephemerals: list[Ephemeral] = []
        self.apps = AppDirectory(self)
        self.views = Views(self)
        self.passes = Passes(self)
        self.files = Files(self)
        self.tell_app: TellApp = lambda _app, _event: None

    # Time and change

    def now(self) -> datetime:
        return self._clock()

    def now_seconds(self) -> int:
        return int(self.now().timestamp())

    def new_ts(self) -> str:
        """A message's name: its time to the microsecond, later than any before it."""
        with self.lock:
            microsecond = max(round(self.now().timestamp() * 1_000_000), self._last_microsecond + 1)
            self._last_microsecond = microsecond
            return f"{microsecond // 1_000_000}.{microsecond % 1_000_000:06d}"

    @property
    def version(self) -> int:
        return self._version

    def changed(self) -> None:
        """To be called after anything a person could see has changed."""
        with self._changed:
            self._version += 1
            self._changed.notify_all()

    def wait_for_change(self, since: int, timeout: float) -> int:
        """Waits until the workspace has moved past version `since`; gives back the version it is at."""
        with self._changed:
            self._changed.wait_for(lambda: self._version > since, timeout)
            return self._version

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

    # Setting it up

    def add_user(
        self,
        *,
        name: str,
        real_name: str | None = None,
        email: str | None = None,
        tz: str = "UTC",
        is_admin: bool = False,
    ) -> str:
        with self.lock:
            user = User(
                id=self.ids.next("U"),
                name=name,
                real_name=real_name or name.title(),
                email=email or f"{name}@{self.domain}.example",
                tz=tz,
                is_admin=is_admin,
            )
            self.users[user.id] = user
            self.changed()
            return user.id

    def add_channel(
        self,
        *,
        name: str,
        private: bool = False,
        members: Sequence[str] = (),
        purpose: str = "",
    ) -> str:
        with self.lock:
            assert name == name.lower(), f"A channel name is in lower case: {name!r}"
            assert 1 <= len(name) <= 80, f"A channel name has 1 to 80 characters: {name!r}"
            assert self.channel_named(name) is None, f"There is a channel #{name} already"
            channel = Channel(
                id=self.ids.next("C"),
                name=name,
                kind="private" if private else "public",
                members=list(members),
                created=self.now_seconds(),
                creator=members[0] if members else "",
                purpose=purpose,
            )
            self.channels[channel.id] = channel
            self.changed()
            return channel.id

    def install_app(self, manifest: Json) -> InstalledApp:
        """Installs an app from its Slack manifest; ValueError says what the manifest lacks."""
        return self.apps.install(manifest)

    def uninstall_app(self, app_id: str) -> None:
        """Takes an app away; every later call with its tokens is answered `account_inactive`."""
        self.apps.uninstall(app_id)

    def set_request_url(self, app_id: str, url: str) -> None:
        """From now on the app hears over signed HTTP at `url` instead of Socket Mode."""
        self.apps.set_request_url(app_id, url)

    def invite(self, channel_id: str, user_id: str, inviter: str | None = None) -> None:
        """Brings a person or a bot into a channel; apps that are in it hear `member_joined_channel`."""
        with self.lock:
            channel = self.channels[channel_id]
            if user_id in channel.members:
                return
            channel.members.append(user_id)
            self.changed()
            event: Json = {
                "type": "member_joined_channel",
                "user": user_id,
                "channel": channel_id,
                "channel_type": "C" if channel.kind == "public" else "G",
                "team": self.team_id,
                "event_ts": self.new_ts(),
            }
            if inviter:
                event["inviter"] = inviter
            listeners = [app for app in self.apps.all() if app.bot_user_id in channel.members]
        for app in listeners:
            self.tell_app(app, event)

    def kick(self, channel_id: str, user_id: str) -> None:
        with self.lock:
            self.channels[channel_id].members.remove(user_id)
            self.changed()

    def archive(self, channel_id: str) -> None:
        """Closes a channel for good; apps that are in it hear `channel_archive`."""
        with self.lock:
            channel = self.channels[channel_id]
            channel.archived = True
            self.changed()
            event: Json = {"type": "channel_archive", "channel": channel_id, "event_ts": self.new_ts()}
            listeners = [app for app in self.apps.all() if app.bot_user_id in channel.members]
        for app in listeners:
            self.tell_app(app, event)

    # Reading it

    def channel_named(self, name: str) -> Channel | None:
        return next((channel for channel in self.channels.values() if channel.name == name), None)

    def user_named(self, name: str) -> User | None:
        return next((user for user in self.users.values() if user.name == name), None)

    def messages(self, channel_id: str) -> list[Message]:
        """Every message of a channel, threads included, oldest first."""
        with self.lock:
            return list(self._messages.get(channel_id, []))

    def message(self, channel_id: str, ts: str) -> Message | None:
        with self.lock:
            return next((message for message in self._messages.get(channel_id, []) if message.ts == ts), None)

    def direct_channel(self, one: str, other: str) -> Channel:
        """The direct conversation of two users, opened if there is none yet."""
        with self.lock:
            for channel in self.channels.values():
                if channel.kind == "im" and set(channel.members) == {one, other}:
                    return channel
            channel = Channel(
                id=self.ids.next("D"),
                name="",
                kind="im",
                members=[one, other],
                created=self.now_seconds(),
                creator=one,
            )
            self.channels[channel.id] = channel
            self.changed()
            return channel

    def direct_channels(self, user_id: str) -> list[Channel]:
        with self.lock:
            return [
                channel for channel in self.channels.values() if channel.kind == "im" and user_id in channel.members
            ]

    # Messages

    def post(self, message: Message) -> Message:
        """Adds a message; its metadata, if any, is told to the apps that subscribed to it."""
        with self.lock:
            message.team = self.team_id
            self._messages.setdefault(message.channel, []).append(message)
            self.changed()
        if message.metadata:
            self._tell_of_metadata("message_metadata_posted", message, {"metadata": message.metadata})
        return message

    def update(self, message: Message, *, text: str, blocks: list[Json], metadata: Json | None = None) -> None:
        with self.lock:
            previous = message.metadata
            message.text = text
            message.blocks = blocks
            message.edited = {"user": message.user, "ts": self.new_ts()}
            if metadata is not None:
                message.metadata = metadata or None
            self.changed()
        if metadata and metadata != previous:
            parts = {"metadata": metadata, "previous_metadata": previous}
            self._tell_of_metadata("message_metadata_updated", message, parts)

    def delete(self, message: Message) -> None:
        with self.lock:
            self._messages[message.channel].remove(message)
            self.changed()

    def _tell_of_metadata(self, kind: str, message: Message, parts: Json) -> None:
        with self.lock:
            listeners = [app for app in self.apps.all() if self.apps.hears_metadata(app, message)]
            event = {
                "type": kind,
                "app_id": message.app_id,
                "bot_id": message.bot_id,
                "user_id": message.user,
                "team_id": self.team_id,
                "channel_id": message.channel,
                "message_ts": message.ts,
                "event_ts": self.new_ts(),
                **parts,
            }
        for app in listeners:
            self.tell_app(app, event)

    # Ephemerals

    def show_ephemeral(self, ephemeral: Ephemeral) -> Ephemeral:
        with self.lock:
            self._ephemerals.append(ephemeral)
            self.changed()
            return ephemeral

    def ephemerals(self, user_id: str, channel_id: str | None = None) -> list[Ephemeral]:
        """What only this person sees now, oldest first."""
        with self.lock:
            return [
                ephemeral
                for ephemeral in self._ephemerals
                if ephemeral.user == user_id and channel_id in (None, ephemeral.channel)
            ]

    def ephemeral(self, ephemeral_id: str) -> Ephemeral | None:
        with self.lock:
            return next((shown for shown in self._ephemerals if shown.id == ephemeral_id), None)

    def change_ephemeral(self, ephemeral: Ephemeral, *, text: str, blocks: list[Json]) -> None:
        with self.lock:
            ephemeral.text = text
            ephemeral.blocks = blocks
            self.changed()

    def dismiss_ephemeral(self, ephemeral_id: str) -> None:
        with self.lock:
            self._ephemerals = [shown for shown in self._ephemerals if shown.id != ephemeral_id]
            self.changed()

    def reload(self, user_id: str) -> None:
        """A person reloads their Slack: their ephemeral messages and open modals are gone."""
        with self.lock:
            self._ephemerals = [shown for shown in self._ephemerals if shown.user != user_id]
            self.views.drop_modals(user_id)
            self.changed()
