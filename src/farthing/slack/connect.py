"""Tokens are checked before they are kept: whose they are, and whether they allow what the app does."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from slack_sdk.errors import SlackApiError

from farthing.core.refused import Refused
from farthing.slack.clients import official_address, web_client
from farthing.slack.names import BOT_SCOPES
from farthing.slack.troubles import code_of, trouble_of
from farthing.usecases.ports import SlackInstall

__all__ = ["check_tokens", "official_address"]


def check_tokens(
    *, bot_token: str, app_token: str | None, signing_secret: str | None, slack_api_url: str
) -> SlackInstall:
    """What Slack says about these tokens, ready to be kept; each problem is one sentence.

    An app token is needed for Socket Mode, a signing secret for HTTP mode; one of the two must be given.
    """
    if not bot_token.startswith("xoxb-"):
        raise Refused("A bot token begins with xoxb-; copy it from OAuth & Permissions.", field="bot_token")
    if app_token is not None and not app_token.startswith("xapp-"):
        raise Refused("An app token begins with xapp-; make one under Basic Information.", field="app_token")
    if app_token is None and not signing_secret:
        raise Refused(
            "Give an app token (for Socket Mode) or a signing secret (for HTTP mode); there is neither.",
            field="app_token",
        )
    answer = _asked(web_client(bot_token, slack_api_url=slack_api_url).auth_test, "auth.test", what="bot token")
    if answer.data.get("is_enterprise_install"):
        raise Refused("The app is installed for a whole organisation; install it in one workspace instead.")
    missing = sorted(set(BOT_SCOPES) - _scopes(answer))
    if missing:
        raise Refused(
            f"The bot token lacks {', '.join(missing)}; update the app from farthing slack manifest and install it "
            "again.",
            field="bot_token",
        )
    if app_token is not None:
        client = web_client(app_token, slack_api_url=slack_api_url)
        _asked(lambda: client.apps_connections_open(app_token=app_token), "apps.connections.open", what="app token")
    return SlackInstall(
        team_id=answer["team_id"],
        bot_user_id=answer["user_id"],
        bot_token=bot_token,
        app_token=app_token,
        signing_secret=signing_secret,
        finance_channel=None,
        installed_at=datetime.now(UTC),
    )


def _asked(call: Callable[[], Any], method: str, *, what: str) -> Any:
    try:
        return call()
    except Exception as error:
        raise _refusal(error, method, what=what) from error


def _refusal(error: Exception, method: str, *, what: str) -> Exception:
    field = what.replace(" ", "_")
    code = code_of(error) if isinstance(error, SlackApiError) else ""
    if code in ("invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"):
        return Refused(f"Slack does not accept the {what} ({code}); copy it again from the app's pages.", field=field)
    if code == "not_allowed_token_type":
        return Refused(f"That is another kind of token than {method} needs; check which is which.", field=field)
    if code == "socket_mode_not_enabled":
        return Refused("Socket Mode is off for this app; switch it on in the app's pages.", field=field)
    if code == "missing_scope":
        return Refused(f"The {what} lacks a scope; an app token needs connections:write.", field=field)
    trouble = trouble_of(error)
    return error if trouble is None else Refused(f"The {what} could not be checked: {trouble.sentence}", field=field)


def _scopes(answer: Any) -> set[str]:
    headers = {str(name).lower(): value for name, value in dict(answer.headers).items()}
    written = headers.get("x-oauth-scopes", "")
    written = ",".join(written) if isinstance(written, list) else str(written)
    return {scope.strip() for scope in written.split(",") if scope.strip()}
