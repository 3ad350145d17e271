"""Catalogues as files: what is measured and what it costs, read, compared and written."""
