"""Modals and Home tabs: who has which one open, stacked at most three deep, each version with its hash."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

from farthing_slacksim import ids
from farthing_slacksim.errors import SlackError
from farthing_slacksim.model import Json, View

if TYPE_CHECKING:
    from farthing_slacksim.common import Common

DEEPEST_STACK = 3


class Views:
    """Every view of one simulator: each person's stack of modals, and their Home of each app."""

    def __init__(self, common: Common) -> None:
        self._common = common
        self._stacks: dict[str, list[View]] = {}
        self._homes: dict[tuple[str, str], View] = {}

    def modal(self, user_id: str) -> View | None:
        """The modal on top of this person's stack."""
        with self._common.lock:
            stack = self._stacks.get(user_id)
            return stack[-1] if stack else None

    def stack(self, user_id: str) -> list[View]:
        with self._common.lock:
            return list(self._stacks.get(user_id, []))

    def home(self, app_id: str, user_id: str) -> View | None:
        with self._common.lock:
            return self._homes.get((app_id, user_id))

    def find(self, app_id: str, *, team_id: str, view_id: str | None, external_id: str | None) -> View:
        with self._common.lock:
            every = [view for stack in self._stacks.values() for view in stack] + list(self._homes.values())
            for view in every:
                if (view.app_id, view.team_id) == (app_id, team_id) and (
                    view.id == view_id or (external_id and view.body.get("external_id") == external_id)
                ):
                    return view
        raise SlackError("not_found")

    def open(self, app_id: str, user_id: str, body: Json, *, team_id: str) -> View:
        with self._common.lock:
            self._check_external_id(app_id, body)
            view = self._new(app_id, user_id, body, team_id)
            self._stacks[user_id] = [view]
            self._common.changed()
            return view

    def push(self, app_id: str, user_id: str, body: Json) -> View:
        with self._common.lock:
            stack = self._stacks.get(user_id, [])
            if not stack or stack[-1].app_id != app_id:
                raise SlackError("not_found")
            if len(stack) >= DEEPEST_STACK:
                raise SlackError("push_limit_reached")
            self._check_external_id(app_id, body)
            view = self._new(app_id, user_id, body, stack[-1].team_id, below=stack[-1])
            stack.append(view)
            self._common.changed()
            return view

    def update(self, view: View, body: Json, *, expected_hash: str | None = None) -> View:
        """A new version of a view; what the person typed is kept where block and action ids are the same."""
        with self._common.lock:
            if expected_hash and expected_hash != view.hash:
                raise SlackError("hash_conflict")
            self._check_external_id(view.app_id, body, but=view)
            view.body = self._named(body)
            view.hash = ids.new_view_hash(self._common.now_seconds())
            view.errors = {}
            present = {block["block_id"] for block in view.blocks}
            view.state = {block_id: typed for block_id, typed in view.state.items() if block_id in present}
            self._common.changed()
            return view

    def publish(self, app_id: str, user_id: str, body: Json, *, team_id: str, expected_hash: str | None = None) -> View:
        with self._common.lock:
            home = self._homes.get((app_id, user_id))
            if expected_hash and (home is None or home.hash != expected_hash):
                raise SlackError("hash_conflict")
            if home is not None:
                return self.update(home, body)
            home = self._new(app_id, user_id, body, team_id)
            self._homes[app_id, user_id] = home
            self._common.changed()
            return home

    def show_errors(self, view: View, errors: dict[str, str]) -> None:
        """A refused submission: the sentences appear at their fields, and the hash stays as it was."""
        with self._common.lock:
            view.errors = errors
            self._common.changed()

    def close(self, view: View) -> None:
        """Takes a modal from its stack; the one below, if any, is seen again."""
        with self._common.lock:
            stack = self._stacks.get(view.user_id, [])
            self._stacks[view.user_id] = [other for other in stack if other.id != view.id]
            self._common.changed()

    def drop_modals(self, user_id: str) -> list[View]:
        with self._common.lock:
            dropped = self._stacks.pop(user_id, [])
            self._common.changed()
            return dropped

    def _new(self, app_id: str, user_id: str, body: Json, team_id: str, below: View | None = None) -> View:
        view_id = self._common.ids.next("V")
        return View(
            id=view_id,
            type=body["type"],
            app_id=app_id,
            user_id=user_id,
            body=self._named(body),
            hash=ids.new_view_hash(self._common.now_seconds()),
            root_view_id=below.root_view_id if below else view_id,
            previous_view_id=below.id if below else None,
            team_id=team_id,
        )

    def _named(self, body: Json) -> Json:
        named = deepcopy(body)
        named["blocks"] = with_block_ids(body.get("blocks", []))
        return named

    def _check_external_id(self, app_id: str, body: Json, but: View | None = None) -> None:
        wanted = body.get("external_id")
        if not wanted:
            return
        every = [view for stack in self._stacks.values() for view in stack] + list(self._homes.values())
        if any(view is not but and view.app_id == app_id and view.body.get("external_id") == wanted for view in every):
            raise SlackError("duplicate_external_id")


def with_block_ids(blocks: list[Json]) -> list[Json]:
    """A copy of the blocks in which each has a `block_id`, and each element an `action_id`, as Slack gives them."""
    named = deepcopy(blocks)
    for block in named:
        block.setdefault("block_id", ids.new_slug(5))
        for element in elements_of(block):
            element.setdefault("action_id", ids.new_slug(5))
    return named


def elements_of(block: Json) -> list[Json]:
    """The interactive elements of one block, wherever that kind of block keeps them."""
    if block.get("type") == "section":
        accessory = block.get("accessory")
        return [accessory] if accessory and accessory.get("type") != "image" else []
    if block.get("type") == "actions":
        return list(block.get("elements", []))
    if block.get("type") == "input":
        return [block["element"]]
    return []
