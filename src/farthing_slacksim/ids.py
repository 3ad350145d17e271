"""Names for things as Slack gives them: T for a workspace, U for a person, C for a channel, and so on.

They come from a counter, so a workspace built the same way twice has the same ids and a restarted
demonstration still finds its channels. Secrets are random instead.
"""

import secrets
import threading
from collections import defaultdict

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ROOM = 36**8
_STEP = 1_640_531_527_111  # Odd and no multiple of 3, so that eight base-36 digits never repeat.


class Ids:
    """Hands out ids that are never repeated in one workspace.

    >>> ids = Ids()
    >>> first, second = ids.next("C"), ids.next("C")
    >>> first.startswith("C0"), len(first), first == second, first == Ids().next("C")
    (True, 10, False, True)
    """

    def __init__(self) -> None:
        self._counts: defaultdict[str, int] = defaultdict(int)
        self._lock = threading.Lock()

    def next(self, prefix: str) -> str:
        with self._lock:
            self._counts[prefix] += 1
            count = self._counts[prefix]
        number = (count * _STEP + sum(map(ord, prefix)) * 977_777_777) % _ROOM
        return f"{prefix}0{_base36(number)}"


def _base36(number: int) -> str:
    digits = ""
    for _ in range(8):
        number, rest = divmod(number, 36)
        digits = _DIGITS[rest] + digits
    return digits


def new_bot_token() -> str:
    return f"xoxb-{_decimals(12)}-{_decimals(13)}-{secrets.token_hex(12)}"


def new_app_token(app_id: str) -> str:
    return f"xapp-1-{app_id}-{_decimals(13)}-{secrets.token_hex(32)}"


def new_client_id() -> str:
    return f"{_decimals(12)}.{_decimals(13)}"


def new_signing_secret() -> str:
    return secrets.token_hex(16)


def new_trigger_id() -> str:
    return f"{_decimals(13)}.{_decimals(12)}.{secrets.token_hex(16)}"


def new_view_hash(now_seconds: int) -> str:
    return f"{now_seconds}.{secrets.token_hex(4)}"


def new_slug(length: int = 24) -> str:
    """The unguessable part of a response URL, an upload URL or a socket ticket."""
    return secrets.token_hex((length + 1) // 2)[:length]


def _decimals(length: int) -> str:
    return str(secrets.randbelow(9) + 1) + "".join(str(secrets.randbelow(10)) for _ in range(length - 1))
