"""The names that people type and that Slack keeps: commands, scopes, events, the mark on our own posts."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CommandNames:
    """The slash commands; another app may have taken the usual ones, so a seller can choose."""

    usage: str = "/usage"
    billing: str = "/billing"


USUAL_COMMANDS = CommandNames()

# What is used and no more; `slack connect` says which ones an older installation lacks.
BOT_SCOPES = (
    "app_mentions:read",
    "channels:read",
    "chat:write",
    "commands",
    "files:read",
    "files:write",
    "groups:read",
    "im:write",
    "metadata.message:read",
    "users:read",
)
BOT_EVENTS = (
    "app_home_opened",
    "app_mention",
    "app_uninstalled",
    "message_metadata_posted",
    "tokens_revoked",
    "user_change",
)

# The metadata of a notice's message: it names the notice, so that a lost answer can be made up for (INV-14).
NOTICE_MARK = "farthing_notice"
EVENTS_PATH = "/slack/events"
