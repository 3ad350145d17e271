"""The crash test: Farthing's processes are killed while usage comes in, and nothing that was answered may be lost."""
