"""The REST API: usage comes in, and customers, subscriptions and invoices are asked for, over HTTP."""
