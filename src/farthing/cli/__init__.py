"""The commands: nouns, then verbs; one module a noun."""
