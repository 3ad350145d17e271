"""Who agreed to what, from when, and which periods that makes."""
