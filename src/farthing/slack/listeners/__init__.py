"""What people do in Slack: each module reads what was typed or clicked, asks one use case and shows a view."""
