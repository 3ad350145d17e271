"""Whether blocks and views are what Slack would take, told with a pointer to each fault."""

from farthing_slacksim.blocks.surfaces import message_faults, view_faults

__all__ = ["message_faults", "view_faults"]
