"""Which document says so: drafts, invoices, and the numbers they are given."""
