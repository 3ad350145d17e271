"""What is charged: measured usage and fees times prices, rounded once a line."""
