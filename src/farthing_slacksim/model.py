"""What a workspace is made of: people, channels, messages, files, views and the apps installed in it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Json = dict[str, Any]
ChannelKind = Literal["public", "private", "im"]
Guest = Literal["multi", "single"]  # A guest of several channels, or of one.


@dataclass
class User:
    """A person, or the bot user of an app (then `app_id` and `bot_id` are set)."""

    id: str
    name: str
    real_name: str
    email: str
    tz: str = "UTC"
    locale: str = "en-US"
    is_admin: bool = False
    is_bot: bool = False
    deleted: bool = False
    app_id: str | None = None
    bot_id: str | None = None
    team_id: str = ""
    guest: Guest | None = None


@dataclass
class Channel:
    """A public or private channel, or a direct conversation (`im`) of exactly two users."""

    id: str
    name: str
    kind: ChannelKind
    members: list[str]
    created: int
    creator: str
    purpose: str = ""
    archived: bool = False
    teams: tuple[str, ...] = ()  # The companies it is shared between, the host first; none when it is not shared.


@dataclass
class Message:
    """One message in a channel; `ts` is its name there, `thread_ts` the message it replies to."""

    ts: str
    channel: str
    user: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    thread_ts: str | None = None
    edited: Json | None = None
    files: list[Json] = field(default_factory=list)
    metadata: Json | None = None
    app_id: str | None = None
    bot_id: str | None = None
    reply_broadcast: bool = False
    team: str = ""
    unfurls: Json | None = None  # What apps show beneath its links, by link.


@dataclass
class Ephemeral:
    """A message that one person sees ("Only visible to you") until they reload."""

    id: str
    ts: str
    channel: str
    user: str
    text: str
    blocks: list[Json]
    app_id: str
    author: str
    thread_ts: str | None = None
    response_url: str | None = None
    team_id: str = ""


@dataclass
class StoredFile:
    """A file: bytes wait at an upload URL, then the upload is completed once and maybe shared."""

    id: str
    name: str
    title: str
    size: int
    user: str
    created: int
    upload_slug: str
    alt_text: str | None = None
    snippet_type: str | None = None
    content: bytes = b""
    uploaded: bool = False
    completed: bool = False
    channels: list[str] = field(default_factory=list)
    shares: list[Json] = field(default_factory=list)


@dataclass
class View:
    """A modal or a Home tab as one person has it: `body` is what the app sent, with block ids filled in."""

    id: str
    type: Literal["modal", "home"]
    app_id: str
    user_id: str
    body: Json
    hash: str
    root_view_id: str
    previous_view_id: str | None = None
    state: Json = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    team_id: str = ""

    @property
    def blocks(self) -> list[Json]:
        blocks: list[Json] = self.body.get("blocks", [])
        return blocks


@dataclass
class Trigger:
    """A person's act that lets an app open a modal, once and within three seconds."""

    id: str
    app_id: str
    user_id: str
    made_at: datetime
    view_id: str | None = None
    used: bool = False


@dataclass
class ResponseUrl:
    """A private address for answering one command or click: five times, for thirty minutes."""

    slug: str
    app_id: str
    user_id: str
    channel: str
    made_at: datetime
    team_id: str = ""
    uses_left: int = 5
    message_ts: str | None = None
    ephemeral_id: str | None = None
    shown: list[str] = field(default_factory=list)  # What came through it: "e:<id>" or "m:<ts>".


@dataclass
class InstalledApp:
    """An app made from a manifest and installed here, with the tokens it was given."""

    app_id: str
    name: str
    bot_id: str
    bot_user_id: str
    bot_token: str
    app_token: str
    signing_secret: str
    manifest: Json
    scopes: list[str]
    commands: dict[str, Json]
    bot_events: list[str]
    metadata_subscriptions: list[Json]
    socket_mode: bool
    home_enabled: bool
    request_url: str | None = None
    unfurl_domains: list[str] = field(default_factory=list)
    team_id: str = ""
    client_id: str = ""
    client_secret: str = ""
    ending: str = "account_inactive"  # What a call is answered once the app is gone.
    shortcuts: dict[str, Json] | None = None
    uninstalled: bool = False
