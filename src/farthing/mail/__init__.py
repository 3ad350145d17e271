"""Mail: letters handed to a mail server, or laid in a folder where things are tried out."""
