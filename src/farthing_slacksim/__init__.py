"""A small Slack of our own: its protocol on this machine, and a page on which people use it."""
