"""The demo: a seller of AI inference with eight customers, three months of usage, and a Slack to try it in."""
