"""Alerts: what a seller wants to hear of before an invoice says it, and what became of having heard it."""
