"""The books and, by default, the usage, kept in PostgreSQL."""
