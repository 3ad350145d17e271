"""The steps by which a database of an older version becomes the one that schema.sql shows."""
