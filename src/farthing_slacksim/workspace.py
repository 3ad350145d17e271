"""The workspace: its people, channels, messages, files and apps, and a counter that moves with every change.

Everything here may be called from any thread. Only what Slack itself would keep is kept; how an app is
asked or told about it is in `web_api` and `deliver`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from farthing_slacksim import connect
from farthing_slacksim.apps import AppDirectory
from farthing_slacksim.common import Common
from farthing_slacksim.model import Channel, Ephemeral, Guest, InstalledApp, Json, Message, User
from farthing_slacksim.present import user_json

TellApp = Callable[[InstalledApp, Json], None]


class Workspace:
    """One Slack workspace. `tell_app` is set by the server: it carries an event to an app."""

    def __init__(
        self,
        *,
        clock: Callable[[], datetime] | None = None,
        name: str = "Farthing Trading",
        domain: str = "farthing-trading",
        common: Common | None = None,
    ) -> None:
        self.common = common or Common(clock)
        self.lock = self.common.lock
        self.ids = self.common.ids
        self.views = self.common.views
        self.passes = self.common.passes
        self.files = self.common.files
        self.now = self.common.now
        self.now_seconds = self.common.now_seconds
        self.new_ts = self.common.new_ts
        self.changed = self.common.changed
        self.wait_for_change = self.common.wait_for_change
        self.wait_until = self.common.wait_until
        self.team_id = self.ids.next("T")
        self.name = name
        self.domain = domain
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        # Blocks this workspace does not take yet, as new ones come to some workspaces later than to others.
        self.untaken_blocks: set[str] = set()
        # How long after posting a message can be changed; None: for ever.
        self.edit_window: timedelta | None = None
        self.apps = AppDirectory(self)
        self.tell_app: TellApp = lambda _app, _event: None
        self.common.workspaces[self.team_id] = self

    @property
    def version(self) -> int:
        return self.common.version

    # Setting it up

    def add_user(
        self,
        *,
        name: str,
        real_name: str | None = None,
        email: str | None = None,
        tz: str = "UTC",
        locale: str = "en-US",
        is_admin: bool = False,
        guest: Guest | None = None,
    ) -> str:
        """A full member, or a guest; a guest sees only the channels they are in, of which `single` is one."""
        with self.lock:
            user = User(
                id=self.ids.next("U"),
                name=name,
                real_name=real_name or name.title(),
                email=email or f"{name}@{self.domain}.example",
                tz=tz,
                locale=locale,
                is_admin=is_admin,
                team_id=self.team_id,
                guest=guest,
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
            assert self.home_of(user_id).team_id in connect.companies(self, channel), "Their company is not connected"
            channel.members.append(user_id)
            self.changed()
            event: Json = {
                "type": "member_joined_channel",
                "user": user_id,
                "channel": channel_id,
                "channel_type": "C" if channel.kind == "public" else "G",
                "team": self.home_of(user_id).team_id,
                "event_ts": self.new_ts(),
            }
            if inviter:
                event["inviter"] = inviter
            listeners = self.common.apps_in(channel)
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
            listeners = self.common.apps_in(channel)
        for app in listeners:
            self.tell_app(app, event)

    def share_channel(self, channel_id: str, other: Workspace) -> None:
        """Connects another company to this workspace's channel (Slack Connect)."""
        connect.share(self, channel_id, other)

    def unshare_channel(self, channel_id: str, other: Workspace) -> None:
        connect.unshare(self, channel_id, other)

    def deactivate(self, user_id: str) -> None:
        """Ends a person's account; they leave every channel, and apps with users:read hear `user_change`."""
        with self.lock:
            self.users[user_id].deleted = True
            for channel in self.channels.values():
                if channel.kind != "im" and user_id in channel.members:
                    channel.members.remove(user_id)
            self.changed()
        self.tell_of_user(user_id)

    def tell_of_user(self, user_id: str) -> None:
        """To be called after a person's standing was changed."""
        for app in self.apps.all():
            shown = user_json(self.users[user_id], team_id=self.team_id, with_email="users:read.email" in app.scopes)
            stamp = {"cache_ts": self.now_seconds(), "event_ts": self.new_ts()}
            self.tell_app(app, {"type": "user_change", "user": shown, **stamp})

    # Reading it

    def untaken(self, blocks: list[Json]) -> list[str]:
        """The faults of blocks that are well formed but not taken by this workspace yet."""
        return [
            f"[ERROR] unsupported type: {block['type']} [json-pointer:/blocks/{index}/type]"
            for index, block in enumerate(blocks)
            if block["type"] in self.untaken_blocks
        ]

    def home_of(self, user_id: str) -> Workspace:
        """The workspace a person or bot belongs to; this one, if nobody knows them."""
        every = self.common.workspaces.values()
        return next((workspace for workspace in every if user_id in workspace.users), self)

    def may_read(self, user_id: str, channel_id: str) -> bool:
        """A public channel is open to every full member; guests and other companies' people read where they are."""
        channel = self.channels.get(channel_id)
        if channel is None:
            return False
        user = self.users.get(user_id)
        return user_id in channel.members or (channel.kind == "public" and user is not None and user.guest is None)

    def shares_with(self, user_id: str) -> list[Channel]:
        """The channels in which somebody of another company is met here."""
        every = list(self.channels.values())
        return [channel for channel in every if channel.kind != "im" and channel.teams and user_id in channel.members]

    def channel_named(self, name: str) -> Channel | None:
        return next((channel for channel in self.channels.values() if channel.name == name), None)

    def user_named(self, name: str) -> User | None:
        return next((user for user in self.users.values() if user.name == name), None)

    def messages(self, channel_id: str) -> list[Message]:
        """Every message of a channel, threads included, oldest first."""
        with self.lock:
            return list(self.common.messages.get(channel_id, []))

    def message(self, channel_id: str, ts: str) -> Message | None:
        with self.lock:
            return next((message for message in self.common.messages.get(channel_id, []) if message.ts == ts), None)

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
            elsewhere = next((home for user in (one, other) if (home := self.home_of(user)) is not self), None)
            if elsewhere is not None:
                channel.teams = (self.team_id, elsewhere.team_id)
                elsewhere.channels[channel.id] = channel
            self.changed()
            return channel

    def direct_channels(self, user_id: str) -> list[Channel]:
        with self.lock:
            every = list(self.channels.values())
            return [channel for channel in every if channel.kind == "im" and user_id in channel.members]

    # Messages

    def post(self, message: Message) -> Message:
        """Adds a message; its metadata, if any, is told to the apps that subscribed to it."""
        with self.lock:
            message.team = self.team_id
            self.common.messages.setdefault(message.channel, []).append(message)
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
            self.common.messages[message.channel].remove(message)
            self.changed()

    def _tell_of_metadata(self, kind: str, message: Message, parts: Json) -> None:
        with self.lock:
            channel = self.channels[message.channel]
            listeners = [app for app in self.common.apps_in(channel) if self.apps.hears_metadata(app, message)]
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
            self.common.ephemerals.append(ephemeral)
            self.changed()
            return ephemeral

    def ephemerals(self, user_id: str, channel_id: str | None = None) -> list[Ephemeral]:
        """What only this person sees now, oldest first."""
        with self.lock:
            return [
                ephemeral
                for ephemeral in self.common.ephemerals
                if ephemeral.user == user_id and channel_id in (None, ephemeral.channel)
            ]

    def ephemeral(self, ephemeral_id: str) -> Ephemeral | None:
        with self.lock:
            return next((shown for shown in self.common.ephemerals if shown.id == ephemeral_id), None)

    def change_ephemeral(self, ephemeral: Ephemeral, *, text: str, blocks: list[Json]) -> None:
        with self.lock:
            ephemeral.text = text
            ephemeral.blocks = blocks
            self.changed()

    def dismiss_ephemeral(self, ephemeral_id: str) -> None:
        with self.lock:
            self.common.ephemerals[:] = [shown for shown in self.common.ephemerals if shown.id != ephemeral_id]
            self.changed()

    def reload(self, user_id: str) -> None:
        """A person reloads their Slack: their ephemeral messages and open modals are gone."""
        with self.lock:
            self.common.ephemerals[:] = [shown for shown in self.common.ephemerals if shown.user != user_id]
            self.views.drop_modals(user_id)
            self.changed()
