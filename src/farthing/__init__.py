"""Farthing: usage events in, exact and explainable invoices out, and the talk about money in Slack."""
