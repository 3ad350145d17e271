"""What Slack refuses, in words that say how to mend it, and when to try again."""

import http.client
import socket
import urllib.error
from dataclasses import dataclass
from datetime import timedelta

import aiohttp
from slack_sdk.errors import SlackApiError

from farthing.core.saying import Saying, message

SOON = timedelta(seconds=5)
LATER = timedelta(minutes=1)
MUCH_LATER = timedelta(minutes=5)

# Whatever the call was, these mean that the app is no longer installed as we know it.
DISCONNECTED = frozenset({"account_inactive", "token_revoked", "invalid_auth", "not_authed", "token_expired"})
# Slack's own trouble: the call may have taken effect all the same.
MAYBE_DONE = frozenset({"fatal_error", "internal_error", "request_timeout", "service_unavailable"})

_SENTENCES = {
    "channel_not_found": message("Slack knows no such channel, or the app is not in it; type /invite @Farthing there."),
    "not_in_channel": message("The app is not in that channel; type /invite @Farthing there."),
    "is_archived": message("That channel is archived; bring it back in Slack, or bind another one."),
    "missing_scope": message("The app lacks a permission in Slack; install it again from the manifest."),
    "restricted_action": message("This workspace does not let the app post there; ask a workspace admin."),
    "user_not_found": message("Slack does not know this person."),
    "file_uploads_disabled": message("This workspace does not allow files; ask a workspace admin."),
    "expired_trigger_id": message("That took too long for Slack to open a window; click again."),
    "exchanged_trigger_id": message("That click was used already; click again."),
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is in the way; `maybe_done` when the call may have taken effect."""

    saying: Saying
    wait: timedelta
    code: str = ""
    maybe_done: bool = False

    @property
    def sentence(self) -> str:
        """It in English."""
        return str(self.saying)


def trouble_of(error: Exception) -> Trouble | None:
    """The trouble with Slack behind an error; None when it is ours."""
    if isinstance(error, SlackApiError):
        return _refusal(error)
    if _never_left(error):
        return Trouble(Saying(message("Slack cannot be reached; check the network.")), LATER, code="unreachable")
    if isinstance(error, aiohttp.ClientError | OSError | http.client.HTTPException | TimeoutError):
        return Trouble(Saying(message("Slack did not answer.")), SOON, code="no_answer", maybe_done=True)
    return None


def code_of(error: SlackApiError) -> str:
    """Slack's word for it; empty when the answer was not one of Slack's."""
    data = error.response if isinstance(error.response, dict) else error.response.data
    return str(data.get("error") or "") if isinstance(data, dict) else ""


def _refusal(error: SlackApiError) -> Trouble:
    code, status = code_of(error), _status_of(error)
    if status == 429 or code in ("ratelimited", "rate_limited"):
        return Trouble(
            Saying(message("Slack asks for patience.")), timedelta(seconds=_retry_after(error)), code="ratelimited"
        )
    if code in DISCONNECTED:
        return Trouble(
            Saying(
                message("Slack says the app is not connected any more ({code}); run farthing slack connect again."),
                {"code": code},
            ),
            MUCH_LATER,
            code=code,
        )
    if code in MAYBE_DONE or status >= 500 or not code:
        return Trouble(
            Saying(message("Slack had trouble of its own.")), SOON, code=code or str(status), maybe_done=True
        )
    if code in _SENTENCES:
        return Trouble(Saying(_SENTENCES[code]), LATER, code=code)
    return Trouble(Saying(message("Slack refused it ({code})."), {"code": code}), MUCH_LATER, code=code)


def _status_of(error: SlackApiError) -> int:
    # An answer that was no JSON comes as a plain dict instead of a response.
    given = error.response.get("status", 200) if isinstance(error.response, dict) else error.response.status_code
    return int(given)


def _headers_of(error: SlackApiError) -> dict[str, object]:
    given = error.response.get("headers") if isinstance(error.response, dict) else error.response.headers
    return {str(name).lower(): value for name, value in dict(given or {}).items()}


def _retry_after(error: SlackApiError) -> int:
    wait = _headers_of(error).get("retry-after", "30")
    wait = wait[0] if isinstance(wait, list) else wait
    return max(1, int(str(wait))) if str(wait).isdigit() else 30


def _never_left(error: Exception) -> bool:
    if isinstance(error, aiohttp.ClientConnectorError):
        return True
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    return isinstance(reason, ConnectionRefusedError | socket.gaierror)
