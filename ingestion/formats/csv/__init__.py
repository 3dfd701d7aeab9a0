"""CSV: blocks of lines -> typed columns, by the declared dialect."""
