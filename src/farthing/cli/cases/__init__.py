"""Worked cases: files of inputs and expected results, each worked out anew by the product's own core."""
