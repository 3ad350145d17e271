"""The log: what the operator reads when something went wrong, without the secrets and data it went wrong with."""

from __future__ import annotations

import logging
import re
import sys
import time
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from structlog.stdlib import BoundLogger

LEVELS = ("debug", "info", "warning", "error")
LONGEST_ENTRY = 12_000
HIDDEN = "[hidden]"

# What a secret looks like, wherever it stands. The first group, when there is one, is kept, and so is the last.
_SECRETS = tuple(
    re.compile(pattern)
    for pattern in (
        r"\b(fk_)[\w-]+()",
        r"\b(xox[a-z]-|xapp-)[\w-]+()",
        r"(?i)\b(bearer\s+)[^\s'\",)]+()",
        r"(?<![\w-])()[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4}()(?![\w-])",  # The first owner's code.
        r"(\b[a-z][a-z0-9+.-]{0,30}://[^\s:/@'\"]{0,200}:)[^\s@'\"]+(@)",
        r"(?i)((?:password|secret|token|ticket)['\"]?\s*[:=]\s*)(?:'[^']*'|\"[^\"]*\"|[^\s&'\",)]+)()",
        r"(://hooks\.slack\.com/)[^\s'\",)]+()",
        # PostgreSQL repeats the row that it refused.
        r"(?s)(\bDETAIL: ).*?()(?=\n(?:CONTEXT|HINT|QUERY|LOCATION):|\n\n|\Z)",
        r"(\bCOPY \w+, line \d+[^:\n]*: )[^\n]*()",
        r"(\bJSON data, line \d+: )[^\n]*()",
    )
)
_SECRET_NAMES = re.compile(r"(?i)token|secret|password|authorization|api_?key|cookie")
_RENDERED = "farthing_rendered"


def get_logger() -> BoundLogger:
    """The logger for our own modules. What it writes holds no local variables and no secrets, set up or not."""
    # Loading structlog takes a quarter of a second, which a command that logs nothing should not wait for.
    import structlog

    logger: BoundLogger = structlog.wrap_logger(
        logging.getLogger("farthing"),
        wrapper_class=structlog.stdlib.BoundLogger,
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="%Y-%m-%dT%H:%M:%SZ", utc=True),
            _hide_by_name,
            # Its usual traceback would show every local variable: keys, tokens and what people typed.
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
            _as_written,
        ],
    )
    return logger


def log_to_stderr(level: str) -> None:
    """Let this process write to stderr what is at least this grave; of other people's libraries, only warnings.

    Below warnings, Slack's and the database's libraries log what they send.
    """
    root = logging.getLogger()
    for handler in [*root.handlers]:
        if isinstance(handler, _ToStderr):
            root.removeHandler(handler)
    handler = _ToStderr(level.upper())
    handler.setFormatter(_Redacting())
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("farthing").setLevel(level.upper())


def redacted(text: str) -> str:
    """The text without what looks like a secret.

    >>> redacted("key fk_8-aZ_3 at postgresql://farthing:s3cret@db:5432/books, Authorization: Bearer abc.def")
    'key fk_[hidden] at postgresql://farthing:[hidden]@db:5432/books, Authorization: Bearer [hidden]'
    """
    for secret in _SECRETS:
        text = secret.sub(rf"\g<1>{HIDDEN}\g<2>", text)
    return text


def _short(text: str) -> str:
    """Both ends of an entry that is too long: where it began, and what went wrong."""
    if len(text) <= LONGEST_ENTRY:
        return text
    half = LONGEST_ENTRY // 2
    return f"{text[:half]}\n[{len(text) - 2 * half} characters are left out here]\n{text[-half:]}"


def _hide_by_name(logger: object, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:  # noqa: ARG001
    for name in event:
        if _SECRET_NAMES.search(name):
            event[name] = HIDDEN
    return event


def _as_written(logger: object, method: str, written: Any) -> tuple[tuple[str], dict[str, Any]]:  # noqa: ARG001
    """For the standard library's logger: a whole entry, to which it adds no traceback."""
    return (_short(redacted(str(written))),), {"exc_info": False, "extra": {_RENDERED: True}}


class _Redacting(logging.Formatter):
    """The same for what other people's libraries log."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s [%(levelname)s] %(name)s: %(message)s", datefmt="%Y-%m-%dT%H:%M:%SZ")
        self.converter = time.gmtime

    def format(self, record: logging.LogRecord) -> str:
        if getattr(record, _RENDERED, False):
            return record.getMessage()
        return _short(redacted(super().format(record)))


class _ToStderr(logging.StreamHandler[Any]):
    """Writes to whatever stderr is at the time."""

    def __init__(self, level: str) -> None:
        logging.Handler.__init__(self, level)

    @property
    def stream(self) -> Any:
        return sys.stderr
