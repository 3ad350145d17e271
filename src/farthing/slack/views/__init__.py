"""What people see in Slack: pure functions from values of the core to blocks."""
