"""Drop-ins: the clients of other products send their usage here, unchanged but for the address."""
