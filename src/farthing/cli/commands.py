"""A group of commands that also finds those which other packages bring along."""

from __future__ import annotations

import difflib
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import click

from farthing.cli.say import Sentence
from farthing.core.refused import Refused

ENTRY_POINTS = "farthing.commands"


class Commands(click.Group):
    """A group that also finds commands by entry point: `demo` at the root, `slack-simulate` under `slack`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Our own, and those found."""
        return sorted({*super().list_commands(ctx), *self._found(ctx)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, loaded only now."""
        own = super().get_command(ctx, cmd_name)
        entry_point = None if own is not None else self._found(ctx).get(cmd_name)
        if entry_point is None:
            return own
        try:
            found = entry_point.load()
        except (ModuleNotFoundError, AttributeError) as fault:
            if isinstance(fault, ModuleNotFoundError) and not entry_point.module.startswith(str(fault.name)):
                raise
            return None
        return found if isinstance(found, click.Command) else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that was typed, or the ones that look like it."""
        typed = args[0]
        if not typed.startswith("-") and self.get_command(ctx, typed) is None:
            known = [name for name in self.list_commands(ctx) if self.get_command(ctx, name) is not None]
            closest = difflib.get_close_matches(typed, known, n=1)
            hint = f"did you mean {closest[0]}?" if closest else f"there are: {', '.join(known)}."
            raise Sentence(f"There is no command “{ctx.command_path} {typed[:40]}”; {hint}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run it; what is refused is told in its one sentence."""
        try:
            return super().invoke(ctx)
        except Refused as refusal:
            raise Sentence(refusal.sentence) from None

    def _found(self, ctx: click.Context) -> dict[str, EntryPoint]:
        root = ctx.find_root().command
        assert isinstance(root, click.Group), "the root is a group"
        groups = [name for name, command in root.commands.items() if isinstance(command, click.Group)]
        found: dict[str, EntryPoint] = {}
        for entry_point in entry_points(group=ENTRY_POINTS):
            group, dash, rest = entry_point.name.partition("-")
            under, name = (group, rest) if dash and group in groups else ("", entry_point.name)
            if under == ("" if self is root else self.name):
                found[name] = entry_point
        return found
