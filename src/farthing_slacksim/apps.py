"""The apps installed in the workspace: read from a Slack manifest, found again by token, command or id."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from farthing_slacksim import ids
from farthing_slacksim.model import InstalledApp, Json, Message, User

if TYPE_CHECKING:
    from farthing_slacksim.workspace import Workspace

# What an app must be allowed to read before Slack tells it of an event.
SCOPES_OF_EVENTS: dict[str, tuple[str, ...]] = {
    "app_mention": ("app_mentions:read",),
    "link_shared": ("links:read",),
    "channel_archive": ("channels:read", "groups:read"),
    "channel_shared": ("channels:read", "groups:read"),
    "channel_unshared": ("channels:read", "groups:read"),
    "member_joined_channel": ("channels:read", "groups:read"),
    "message_metadata_posted": ("metadata.message:read",),
    "message_metadata_updated": ("metadata.message:read",),
    "message_metadata_deleted": ("metadata.message:read",),
    "user_change": ("users:read",),
}


class AppDirectory:
    """Every installed app of one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._apps: dict[str, InstalledApp] = {}

    def all(self) -> list[InstalledApp]:
        return list(self._apps.values())

    def install(self, manifest: Json) -> InstalledApp:
        workspace = self._workspace
        name, display_name = _names(manifest)
        settings = manifest.get("settings", {})
        events = settings.get("event_subscriptions", {})
        features = manifest.get("features", {})
        with workspace.lock:
            app_id = workspace.ids.next("A")
            app = InstalledApp(
                app_id=app_id,
                name=name,
                bot_id=workspace.ids.next("B"),
                bot_user_id=workspace.ids.next("U"),
                bot_token=ids.new_bot_token(),
                app_token=ids.new_app_token(app_id),
                signing_secret=ids.new_signing_secret(),
                manifest=manifest,
                scopes=_scopes(manifest),
                commands=_commands(features),
                bot_events=list(events.get("bot_events", [])),
                metadata_subscriptions=_metadata_subscriptions(settings),
                socket_mode=bool(settings.get("socket_mode_enabled", False)),
                home_enabled=bool(features.get("app_home", {}).get("home_tab_enabled", False)),
                request_url=events.get("request_url"),
                unfurl_domains=list(features.get("unfurl_domains", [])),
                team_id=workspace.team_id,
                shortcuts={str(s["callback_id"]): s for s in features.get("shortcuts", [])},
                client_id=ids.new_client_id(),
                client_secret=ids.new_signing_secret(),
            )
            self._admit(app, display_name)
            return app

    def install_here(self, app: InstalledApp, scopes: list[str]) -> InstalledApp:
        """The same app in this workspace, too: a bot and a token of its own, or after a removal new ones.

        Installing it again while it is here keeps its bot and its token, and the scopes add up.
        """
        workspace = self._workspace
        with workspace.lock:
            here = self._apps.get(app.app_id)
            if here is not None and not here.uninstalled:
                here.scopes += [scope for scope in scopes if scope not in here.scopes]
                return here
            installed = replace(
                app,
                bot_id=here.bot_id if here else workspace.ids.next("B"),
                bot_user_id=here.bot_user_id if here else workspace.ids.next("U"),
                bot_token=ids.new_bot_token(),
                scopes=list(scopes),
                uninstalled=False,
                team_id=workspace.team_id,
            )
            self._admit(installed, _names(app.manifest)[1])
            return installed

    def _admit(self, app: InstalledApp, display_name: str) -> None:
        workspace = self._workspace
        self._apps[app.app_id] = app
        workspace.users[app.bot_user_id] = User(
            id=app.bot_user_id,
            name=display_name.lower().replace(" ", "-"),
            real_name=display_name,
            email="",
            is_bot=True,
            app_id=app.app_id,
            bot_id=app.bot_id,
            team_id=workspace.team_id,
        )
        workspace.changed()

    def set_request_url(self, app_id: str, url: str) -> None:
        with self._workspace.lock:
            app = self._apps[app_id]
            app.request_url = url
            app.socket_mode = False

    def uninstall(self, app_id: str, *, ending: str = "account_inactive") -> None:
        """Takes the app away: its tokens are dead, its bot has left, and it hears of that as the last thing."""
        workspace = self._workspace
        with workspace.lock:
            app = self._apps[app_id]
            app.uninstalled = True
            app.ending = ending
            workspace.users[app.bot_user_id].deleted = True
            for channel in workspace.channels.values():
                if channel.kind != "im" and app.bot_user_id in channel.members:
                    channel.members.remove(app.bot_user_id)
            workspace.changed()
        tokens = {"oauth": [], "bot": [app.bot_user_id]}
        for event in ({"type": "tokens_revoked", "tokens": tokens}, {"type": "app_uninstalled"}):
            workspace.tell_app(app, {**event, "event_ts": workspace.new_ts()})

    def by_id(self, app_id: str) -> InstalledApp:
        return self._apps[app_id]

    def by_token(self, token: str) -> InstalledApp | None:
        """The app that this bot token (xoxb-) or app token (xapp-) was given to."""
        return next((app for app in self.all() if token in (app.bot_token, app.app_token)), None)

    def by_command(self, command: str) -> InstalledApp | None:
        """The app that answers a slash command; of two, the one installed last, as in Slack."""
        installed = [app for app in self.all() if not app.uninstalled]
        return next((app for app in reversed(installed) if command in app.commands), None)

    def by_bot_user(self, user_id: str) -> InstalledApp | None:
        return next((app for app in self.all() if app.bot_user_id == user_id), None)

    def hears_metadata(self, app: InstalledApp, message: Message) -> bool:
        """Whether the app subscribed to this metadata and sits in the channel it was posted to."""
        kind = (message.metadata or {}).get("event_type")
        wanted = any(
            subscription.get("event_type") == kind and subscription.get("app_id") in ("*", message.app_id)
            for subscription in app.metadata_subscriptions
        )
        return wanted and app.bot_user_id in self._workspace.channels[message.channel].members


def subscribes(app: InstalledApp, event_type: str) -> bool:
    needed = SCOPES_OF_EVENTS.get(event_type, ())
    allowed = not needed or any(scope in app.scopes for scope in needed)
    return event_type in app.bot_events and allowed


def _names(manifest: Json) -> tuple[str, str]:
    name = manifest.get("display_information", {}).get("name")
    if not name or len(name) > 35:
        raise ValueError("The manifest needs display_information.name, of 35 characters at most.")
    bot = manifest.get("features", {}).get("bot_user")
    if not bot or not bot.get("display_name"):
        raise ValueError("The manifest needs features.bot_user.display_name, or the app has no bot.")
    return str(name), str(bot["display_name"])


def _scopes(manifest: Json) -> list[str]:
    scopes = manifest.get("oauth_config", {}).get("scopes", {}).get("bot", [])
    if not scopes:
        raise ValueError("The manifest needs oauth_config.scopes.bot: without a scope there is no bot token.")
    if manifest.get("features", {}).get("slash_commands") and "commands" not in scopes:
        raise ValueError("The manifest has slash commands but not the scope `commands`.")
    return list(scopes)


def _commands(features: Json) -> dict[str, Json]:
    commands: dict[str, Json] = {}
    for entry in features.get("slash_commands", []):
        command = str(entry.get("command", ""))
        if not command.startswith("/") or " " in command or len(command) > 32 or command != command.lower():
            raise ValueError(f"{command!r} is not a slash command: write it as /word, in lower case.")
        if not entry.get("description"):
            raise ValueError(f"The slash command {command} needs a description.")
        commands[command] = entry
    return commands


def _metadata_subscriptions(settings: Json) -> list[Json]:
    nested = settings.get("event_subscriptions", {}).get("metadata_subscriptions", [])
    return list(nested) + list(settings.get("metadata_subscriptions", []))
