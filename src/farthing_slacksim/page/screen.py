"""What one person sees: their channels and apps, the messages of the place they are in, the open form."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from farthing_slacksim.model import Channel, Ephemeral, InstalledApp, Message, User, View
from farthing_slacksim.page.names import Names, zone_called
from farthing_slacksim.page.reader import Reader

if TYPE_CHECKING:
    from farthing_slacksim.server import SlackSim

LONGEST_LIST = 200


@dataclass(frozen=True)
class Place:
    """Where in the workspace a person is: in a channel (perhaps with a thread open), or in an app's Home."""

    person: str
    channel: str = ""
    app: str = ""
    thread: str = ""


@dataclass(frozen=True)
class Line:
    """One message as it is drawn, or an ephemeral one."""

    key: str
    moment: datetime
    author: str
    author_id: str
    is_app: bool
    text: str
    blocks: list[dict[str, Any]]
    files: list[dict[str, Any]] = field(default_factory=list)
    edited: bool = False
    replies: int = 0
    last_reply: datetime | None = None
    ephemeral: str = ""
    ts: str = ""
    broadcast: bool = False
    unfurls: dict[str, Any] | None = None


@dataclass(frozen=True)
class Listed:
    """One entry of the left column."""

    href: str
    name: str
    kind: str
    here: bool
    latest: str = ""
    user: str = ""


class Screen:
    """Everything the templates ask about one place, read at one moment."""

    def __init__(self, sim: SlackSim, place: Place, *, ephemerals: bool = True) -> None:
        self.sim = sim
        self.workspace = sim.workspace.home_of(place.person)
        self.place = place
        self.person: User = self.workspace.users[place.person]
        self.here = f"/as/{place.person}"
        self._with_ephemerals = ephemerals
        everyone = [user for workspace in sim.workspaces for user in list(workspace.users.values())]
        bots = frozenset(user.id for user in everyone if user.is_bot)
        self.names = Names(
            users={user.id: user.real_name for user in everyone},
            channels={channel.id: channel.name for channel in self.channels()},
            me=place.person,
            zone=zone_called(self.person.tz),
            now=sim.workspace.now().astimezone(UTC),
            here=self.here,
        )
        self.reader = Reader(self.names, bots=bots)

    # The left column

    def people(self) -> list[User]:
        """Everybody one can be, of every company, this person's own first."""
        every = [user for workspace in self.sim.workspaces for user in list(workspace.users.values())]
        people = [user for user in every if not user.is_bot and not user.deleted]
        return sorted(people, key=lambda user: user.id not in self.workspace.users)

    def companies(self) -> list[str]:
        """The names of the companies a shared channel connects, its host first."""
        teams = self.channel.teams if self.channel else ()
        return [self.sim.workspace_with(team).name for team in teams]

    def company_of(self, user_id: str) -> str:
        """The name of somebody's company where it is not this person's own, for "(Northwind)" behind their name."""
        home = self.workspace.home_of(user_id)
        return "" if home is self.workspace else home.name

    def people_links(self) -> list[tuple[User, str]]:
        """Each person, and the address of this same place as they see it (or their own first place)."""
        found = []
        for user in self.people():
            channel = self.channel
            if self.place.app:
                found.append((user, f"/as/{user.id}/home/{self.place.app}"))
            elif channel and self.workspace.home_of(user.id).may_read(user.id, channel.id):
                found.append((user, f"/as/{user.id}/{channel.id}"))
            else:
                found.append((user, f"/as/{user.id}"))
        return found

    def apps(self) -> list[InstalledApp]:
        return self.workspace.apps.all()

    def channels(self) -> list[Channel]:
        """Public channels and the private ones this person is in, by name."""
        found = [
            channel
            for channel in list(self.workspace.channels.values())
            if channel.kind != "im" and self.may_read(channel) and not channel.archived
        ]
        return sorted(found, key=lambda channel: channel.name)

    def may_read(self, channel: Channel) -> bool:
        return self.workspace.may_read(self.place.person, channel.id)

    def is_quiet_or_foreign(self, channel: Channel) -> tuple[bool, bool, int]:
        """What puts a channel further back when a person is shown a first one."""
        oldest = list(self.workspace.channels).index(channel.id)
        return (self.place.person not in channel.members, not self.workspace.messages(channel.id), oldest)

    def listed_channels(self) -> list[Listed]:
        return [
            Listed(
                href=f"{self.here}/{channel.id}",
                name=channel.name,
                kind=channel.kind,
                here=channel.id == self.place.channel,
                latest=self._latest(channel),
            )
            for channel in self.channels()
        ]

    def listed_directs(self) -> list[Listed]:
        return [
            Listed(
                href=f"{self.here}/{channel.id}",
                name=self.title(channel),
                kind="im",
                here=channel.id == self.place.channel,
                latest=self._latest(channel),
                user=self._other(channel),
            )
            for channel in self.workspace.direct_channels(self.place.person)
        ]

    def listed_homes(self) -> list[Listed]:
        return [
            Listed(f"{self.here}/home/{app.app_id}", app.name, "app", app.app_id == self.place.app)
            for app in self.apps()
            if app.home_enabled
        ]

    def _latest(self, channel: Channel) -> str:
        messages = self.workspace.messages(channel.id)
        return messages[-1].ts if messages else ""

    def _other(self, channel: Channel) -> str:
        return next((user for user in channel.members if user != self.place.person), self.place.person)

    def title(self, channel: Channel) -> str:
        if channel.kind == "im":
            return self.names.users.get(self._other(channel), "Someone")
        return channel.name

    # The middle

    @property
    def channel(self) -> Channel | None:
        return self.workspace.channels.get(self.place.channel)

    @property
    def app(self) -> InstalledApp | None:
        return next((app for app in self.apps() if app.app_id == self.place.app), None)

    @property
    def app_of_direct(self) -> InstalledApp | None:
        """The app this direct conversation is with, if it is with one."""
        channel = self.channel
        if channel is None or channel.kind != "im":
            return None
        return self.workspace.apps.by_bot_user(self._other(channel))

    def is_member(self) -> bool:
        return self.channel is not None and self.place.person in self.channel.members

    def commands(self) -> list[tuple[str, str, str]]:
        """Every slash command with its hint and what it does."""
        found = [
            (name, str(command.get("usage_hint", "")), str(command.get("description", "")))
            for app in self.apps()
            for name, command in app.commands.items()
        ]
        return sorted(found)

    def home(self) -> View | None:
        return self.workspace.views.home(self.place.app, self.place.person)

    def modal(self) -> View | None:
        return self.workspace.views.modal(self.place.person)

    def app_name(self, app_id: str) -> str:
        return next((app.name for app in self.apps() if app.app_id == app_id), "An app")

    def lines(self) -> list[Line]:
        """The messages of the channel that are not only in a thread, and the person's own ephemerals."""
        every = self.workspace.messages(self.place.channel)
        replies: dict[str, list[Message]] = {}
        for message in every:
            if message.thread_ts and message.thread_ts != message.ts:
                replies.setdefault(message.thread_ts, []).append(message)
        listed = [message for message in every if _in_channel(message)][-LONGEST_LIST:]
        shown = [self._line(message, replies.get(message.ts, [])) for message in listed]
        shown += [self._ephemeral(found) for found in self._ephemerals() if not found.thread_ts]
        return sorted(shown, key=lambda line: line.moment)

    def hidden_lines(self) -> int:
        every = self.workspace.messages(self.place.channel)
        return max(0, sum(1 for message in every if _in_channel(message)) - LONGEST_LIST)

    def thread_lines(self) -> list[Line]:
        """The message a thread hangs on, then its replies."""
        thread = self.place.thread
        every = self.workspace.messages(self.place.channel)
        shown = [self._line(message, []) for message in every if thread in (message.ts, message.thread_ts)]
        shown += [self._ephemeral(found) for found in self._ephemerals() if found.thread_ts == thread]
        return sorted(shown, key=lambda line: (line.ts != thread, line.moment))

    def _ephemerals(self) -> list[Ephemeral]:
        if not self._with_ephemerals:
            return []
        return self.workspace.ephemerals(self.place.person, self.place.channel)

    def _line(self, message: Message, replies: list[Message]) -> Line:
        author = self.workspace.common.user(message.user)
        return Line(
            key=f"m{message.ts}",
            moment=self.names.at(message.ts),
            author=author.real_name if author else "Someone",
            author_id=message.user,
            is_app=bool(author and author.is_bot),
            text=message.text,
            blocks=list(message.blocks),
            files=list(message.files),
            edited=bool(message.edited),
            replies=len(replies),
            last_reply=self.names.at(replies[-1].ts) if replies else None,
            ts=message.ts,
            unfurls=message.unfurls,
            broadcast=bool(message.reply_broadcast and message.thread_ts),
        )

    def _ephemeral(self, found: Ephemeral) -> Line:
        author = self.workspace.common.user(found.author)
        return Line(
            key=f"e{found.id}",
            moment=self.names.at(found.ts),
            author=author.real_name if author else self.app_name(found.app_id),
            author_id=found.author,
            is_app=bool(found.app_id) or bool(author and author.is_bot),
            text=found.text,
            blocks=list(found.blocks),
            ephemeral=found.id,
            ts=found.ts,
        )


def _in_channel(message: Message) -> bool:
    return message.thread_ts in (None, message.ts) or message.reply_broadcast
