"""What is owed, to whom and why: pure rules with no store, no network and no clock."""
