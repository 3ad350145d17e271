"""What Slack tells by itself: a message of ours is there, a person changed, the app was taken away."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from slack_bolt.async_app import AsyncApp

from farthing.logs import get_logger
from farthing.slack.desk import Desk
from farthing.slack.identity import Body
from farthing.slack.names import NOTICE_MARK
from farthing.slack.standing import is_full_member
from farthing.usecases.deciding import note_standing
from farthing.usecases.people_ports import Account

Next = Callable[[], Awaitable[Any]]
log = get_logger()


def register(app: AsyncApp, desk: Desk) -> None:
    """Hear these events. Bolt acknowledges an event before its listener runs, so the work is done before that:
    what cannot be kept is not acknowledged, and Slack sends it again.
    """

    async def keep_what_was_seen(body: Body, next: Next) -> None:
        await desk.threads.before_ack(lambda: _seen(desk, body))
        await next()

    async def forget_tokens(body: Body, next: Next) -> None:
        await desk.threads.before_ack(lambda: _forget(desk, body))
        await next()

    async def ask_anew(body: Body, next: Next) -> None:
        user = body["event"].get("user") or {}
        desk.standings.forget(str(user.get("id") or ""))
        await desk.threads.before_ack(lambda: _note(desk, user))
        await next()

    async def done() -> None:
        """The middleware has done it."""

    app.event("message_metadata_posted", middleware=[keep_what_was_seen])(done)
    app.event("app_uninstalled", middleware=[forget_tokens])(done)
    app.event("user_change", middleware=[ask_anew])(done)
    app.event("tokens_revoked", middleware=[forget_tokens])(done)


def _note(desk: Desk, user: dict[str, Any]) -> None:
    """Whoever decides goes by it from this moment, in the transaction that decides."""
    home_team, store = desk.install.team_id, desk.store()
    if user.get("team_id", home_team) == home_team:
        is_full = is_full_member(user, home_team=home_team)
        note_standing(store, Account(home_team, str(user.get("id") or "")), is_full=is_full, now=desk.now())


def _seen(desk: Desk, body: Body) -> None:
    """INV-14: whatever became of the answer to our call, this notice can be seen, in the revision that it names.

    Heard twice, it says the same.
    """
    event = body["event"]
    metadata = event.get("metadata") or {}
    ours = event.get("user_id") == desk.install.bot_user_id and event.get("app_id") == body.get("api_app_id")
    if metadata.get("event_type") != NOTICE_MARK or not ours:
        return
    payload = metadata.get("event_payload") or {}
    try:
        notice_id = UUID(str(payload.get("notice_id")))
        revision = int(str(payload.get("revision")))
    except ValueError:
        log.warning("a message of ours names no notice and revision", channel=event.get("channel_id"))
        return
    # A reply below a message that could not be changed stands for that message.
    message_ts = str(payload.get("message_ts") or event["message_ts"])
    desk.store().outbox.seen_in_slack(
        notice_id, revision=revision, channel_id=event["channel_id"], message_ts=message_ts
    )


def _forget(desk: Desk, body: Body) -> None:
    """The tokens are deleted and posts stop; the books stay."""
    event, store = body["event"], desk.store()
    revoked = (event.get("tokens") or {}).get("bot") or []
    if event["type"] == "tokens_revoked" and desk.install.bot_user_id not in revoked:
        return
    with store.transaction():
        install = store.slack_install()
        if install is not None and install.team_id == body.get("team_id"):
            store.forget_slack_install()
    log.warning("the Slack app was taken away; connect again with farthing slack connect", told=event["type"])
