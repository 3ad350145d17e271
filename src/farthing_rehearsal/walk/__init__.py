"""The random walk: whatever people do with one customer's agreements and money, in any order, the books prove."""
