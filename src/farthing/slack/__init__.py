"""Farthing in Slack: commands, buttons, Home and what is told by itself."""
