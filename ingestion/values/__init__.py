"""Values of single columns, whatever they are read from: what fits a declared type."""
