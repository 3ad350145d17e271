"""Quality: whether usage arrives as it usually does."""
