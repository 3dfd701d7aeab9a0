"""Tasks and dynamic tables in a lake small enough to follow by hand."""
