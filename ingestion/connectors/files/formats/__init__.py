"""File formats: the content of a file -> rows in the declared columns."""
