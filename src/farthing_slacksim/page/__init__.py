"""The simulator's page in the browser: people, channels, messages, forms and Home, drawn by the server."""
