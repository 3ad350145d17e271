"""One message for many that waited while Slack could not take them: each in a line, oldest first."""

from collections.abc import Sequence

from farthing.slack.views.blocks import Block, Card, cut, header, section, small_print
from farthing.slack.views.words import number_text, several

MOST_TOLD = 20
_LONGEST_LINE = 140


def caught_up_card(told: Sequence[str], *, many: int) -> Card:
    """`told` are the texts of the first of them; `many` is how many there are in all."""
    title = several(
        "{n} message waited while Slack could not be reached",
        "{n} messages waited while Slack could not be reached",
        many,
        n=number_text(many),
    )
    lines = [f"• {cut(' '.join(text.split()), _LONGEST_LINE)}" for text in told]
    blocks: list[Block] = [header(title), section("\n".join(lines))]
    rest = many - len(told)
    more = "" if rest <= 0 else several("{n} more came later.", "{n} more came later.", rest, n=number_text(rest))
    if more:
        blocks.append(small_print(more))
    return Card("\n".join(part for part in (f"{title}:", *lines, more) if part), blocks)
