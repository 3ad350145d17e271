"""The stage: plays stories and the demo on the real product, with a Slack and a clock that we hold."""
