"""Gold computed a second time, from the source database and the definitions alone."""
