"""The reader of a page, as the templates know them: what they see names as, and what stands in their fields."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from farthing_slacksim.page.names import Names

Json = dict[str, Any]
_CHOSEN = ("initial_option", "selected_option", "initial_options", "selected_options")
_CHOSEN_IDS = (
    "initial_user",
    "selected_user",
    "initial_conversation",
    "selected_conversation",
    "initial_channel",
    "selected_channel",
)
_TYPED = ("initial_value", "value", "initial_date", "selected_date", "initial_time", "selected_time")


@dataclass(frozen=True)
class Reader:
    """One person reading; `surface` is the message or view being drawn and makes ids on the page unique."""

    names: Names
    surface: str = ""
    bots: frozenset[str] = frozenset()
    errors: dict[str, str] = field(default_factory=dict)
    state: Json = field(default_factory=dict)

    def on(self, surface: str, *, errors: dict[str, str] | None = None, state: Json | None = None) -> Reader:
        return replace(self, surface=surface, errors=errors or {}, state=state or {})

    def id(self, block: Json, element: Json) -> str:
        return f"{self.surface}-{block.get('block_id', '')}-{element.get('action_id', '')}".replace(" ", "_")

    def group(self, block: Json, element: Json) -> str:
        """The name that radio buttons or checkboxes of one element share, and no other on the page."""
        name = f"{block.get('block_id', '')}/{element.get('action_id', '')}"
        return name if block.get("type") == "input" else f"{self.surface}/{name}"

    def error(self, block: Json) -> str:
        return self.errors.get(str(block.get("block_id", "")), "")

    def chosen(self, block: Json, element: Json) -> set[str]:
        """What is chosen: what the person chose, else what the app proposed."""
        now = self._state_of(block, element)
        found: set[str] = set()
        for source in (now or element,):
            for key in _CHOSEN:
                value = source.get(key)
                for option in value if isinstance(value, list) else [value]:
                    if isinstance(option, dict):
                        found.add(str(option.get("value", "")))
            found |= {str(source[key]) for key in _CHOSEN_IDS if source.get(key)}
        return found

    def found(self, block: Json, element: Json) -> Json | None:
        """The one option of a searched list that is known without searching again."""
        now = self._state_of(block, element)
        option = now.get("selected_option") if now else element.get("initial_option")
        return option if isinstance(option, dict) else None

    def typed(self, block: Json, element: Json) -> str:
        source = self._state_of(block, element) or element
        return next((str(source[key]) for key in _TYPED if source.get(key) is not None), "")

    def people(self) -> list[tuple[str, str]]:
        return [(user, name) for user, name in self.names.users.items() if user not in self.bots]

    def conversations(self) -> list[tuple[str, str]]:
        return list(self.names.channels.items())

    def picture(self, image: Json) -> str:
        """Where the browser finds a picture; any address that is not of the web shows its description."""
        file = image.get("slack_file")
        if isinstance(file, dict):
            # An address names the file in its path, as `…/files-pri/T…-F…/name.png`.
            address = str(file.get("id") or "") or _file_id(str(file.get("url", "")))
            return f"{self.names.here}/files/{address}"
        return safe_address(str(image.get("image_url", "")))

    def _state_of(self, block: Json, element: Json) -> Json | None:
        found = (self.state.get(block.get("block_id", "")) or {}).get(element.get("action_id", ""))
        return found if isinstance(found, dict) else None


def safe_address(address: str) -> str:
    """
    >>> safe_address("https://example.com/a"), safe_address("javascript:alert(1)")
    ('https://example.com/a', '#')
    """
    return address if address.lower().startswith(("http://", "https://", "mailto:")) else "#"


def _file_id(address: str) -> str:
    return next((part for piece in address.split("/") for part in piece.split("-") if part.startswith("F")), "")
