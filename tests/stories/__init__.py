"""The whole product told as text."""
