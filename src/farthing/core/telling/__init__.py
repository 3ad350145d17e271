"""Telling: who hears of what, and when: digests, notices ahead, quiet hours, and customers who are not told yet."""
