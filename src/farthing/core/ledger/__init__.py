"""What was booked: transactions that sum to zero, and the accounts they touch."""
