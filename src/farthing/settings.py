"""Settings: where Farthing lives on this machine, read once at the start and never changed while it runs."""

from __future__ import annotations

import difflib
import json
import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from farthing.core.refused import Refused

FILE_NAME = "farthing.toml"
_TITLE = "# Written by `farthing init`. An environment variable FARTHING_<NAME> goes before what is said here.\n"


class SlackMode(StrEnum):
    """How Slack reaches us: over a socket we open, over https to our public address, or not at all."""

    SOCKET = "socket"
    HTTP = "http"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Settings:
    """One installation. `database_url` None means a PostgreSQL of our own under `home`/postgres.

    `owner_database_url` is used to migrate the database. `database_role` is who the product is to a PostgreSQL of
    our own; for another server the role is part of `database_url`.
    """

    home: Path
    database_url: str | None = field(default=None, repr=False)
    owner_database_url: str | None = field(default=None, repr=False)
    database_role: str | None = None
    seller_id: UUID | None = None
    host: str = "127.0.0.1"
    port: int = 8480
    public_url: str | None = None
    slack_mode: SlackMode = SlackMode.SOCKET
    slack_api_url: str = "https://slack.com/api/"
    usage_command: str = "/usage"
    billing_command: str = "/billing"

    @property
    def file(self) -> Path:
        """Where these settings are written."""
        return self.home / FILE_NAME

    @property
    def key_file(self) -> Path:
        """The key that secrets in the database are encrypted with; readable by its owner only."""
        return self.home / "secret.key"

    @property
    def database_folder(self) -> Path:
        """The data of the embedded PostgreSQL."""
        return self.home / "postgres"


def default_home(environment: Mapping[str, str] = os.environ) -> Path:
    """$FARTHING_HOME; else /var/lib/farthing for root; else farthing in the user's data folder.

    Root's is a system folder, since the embedded PostgreSQL must open every parent of its data to its own user.
    """
    if named := environment.get("FARTHING_HOME"):
        return Path(named).expanduser().absolute()
    if os.geteuid() == 0:
        return Path("/var/lib/farthing")
    data = environment.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(data).expanduser().absolute() / "farthing"


def load(home: Path | None = None, environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings of this folder, where the environment goes before the file; defaults where both are silent."""
    at = default_home(environment) if home is None else home.expanduser().absolute()
    file = at / FILE_NAME
    values: dict[str, Any] = {}
    for name, value in _written(file).items():
        values[name] = _read(name, value, where=str(file))
    for name in _READERS:
        variable = f"FARTHING_{name.upper()}"
        if variable in environment:
            values[name] = _read(name, environment[variable], where=f"the environment variable {variable}")
    return Settings(home=at, **values)


def is_initialised(home: Path) -> bool:
    """Whether `farthing init` has been here."""
    return (home / FILE_NAME).exists()


def save(settings: Settings) -> Path:
    """Write them down, readable by their owner only; what has its default is left out."""
    lines = [_TITLE]
    for known in fields(Settings):
        value = getattr(settings, known.name)
        if known.name != "home" and value != known.default:
            lines.append(f"{known.name} = {value if isinstance(value, int) else _toml_text(str(value))}\n")
    settings.home.mkdir(parents=True, exist_ok=True)
    draft = settings.file.with_suffix(".toml.new")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as opened:
        opened.write("".join(lines))
    draft.replace(settings.file)
    return settings.file


def save_seller(home: Path, seller_id: UUID) -> None:
    """From now on this folder is about another seller; refused where the environment says which one it is."""
    if "FARTHING_SELLER_ID" in os.environ:
        raise Refused(
            "FARTHING_SELLER_ID in the environment says which seller it is; change it there, or take it away."
        )
    # What the environment says of other things stays out of the file.
    save(replace(load(home, {}), seller_id=seller_id))


def _written(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise Refused(f"{file} cannot be read as TOML: {fault}. Mend that line, or write the file anew.") from None
    except OSError as fault:
        raise Refused(f"{file} cannot be read: {(fault.strerror or 'no reason given').lower()}.") from None


def _read(name: str, value: object, *, where: str) -> Any:
    if name not in _READERS:
        closest = difflib.get_close_matches(name, _READERS, n=1)
        hint = f"did you mean {closest[0]}?" if closest else f"there are: {', '.join(_READERS)}."
        raise Refused(f"“{name}” in {where} is not a setting; {hint}", field=name)
    reader, what = _READERS[name]
    try:
        return reader(value)
    except (ValueError, TypeError):
        # An address of a database may hold its password, which belongs in no message.
        said = "" if reader is _DATABASE[0] else f", not “{value}”"
        raise Refused(f"“{name}” in {where} must be {what}{said}.", field=name) from None


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError
    return value.strip()


def _seller(value: object) -> UUID:
    return UUID(_text(value))


def _port(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError
    port = int(value)
    if not 0 <= port <= 65535:
        raise ValueError
    return port


def _slack_mode(value: object) -> SlackMode:
    return SlackMode(_text(value))


def _url(*schemes: str) -> Callable[[object], str]:
    def read(value: object) -> str:
        url = _text(value)
        if urlsplit(url).scheme not in schemes:
            raise ValueError
        return url

    return read


def _web_folder(value: object) -> str:
    return _url("https", "http")(value).rstrip("/") + "/"


def _slash_command(value: object) -> str:
    command = _text(value)
    if not command.startswith("/") or len(command) > 32 or not command[1:].replace("-", "").replace("_", "").isalnum():
        raise ValueError
    return command.lower()


_DATABASE = (_url("postgresql", "postgres"), "an address like postgresql://user:password@host/database")
_READERS: dict[str, tuple[Callable[[object], Any], str]] = {
    "database_url": _DATABASE,
    "owner_database_url": _DATABASE,
    "database_role": (_text, "the name of a database role"),
    "seller_id": (_seller, "an id like 6f1c0de2-0000-4000-8000-000000000000"),
    "host": (_text, "an address such as 127.0.0.1"),
    "port": (_port, "a number from 0 to 65535 (0 takes any free port)"),
    "public_url": (_web_folder, "an address like https://billing.example.com/"),
    "slack_mode": (_slack_mode, "socket, http or off"),
    "slack_api_url": (_web_folder, "an address like https://slack.com/api/"),
    "usage_command": (_slash_command, "a slash and a short word, such as /usage"),
    "billing_command": (_slash_command, "a slash and a short word, such as /billing"),
}


def _toml_text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
