"""The bakery's gold computed a second time, from its files and the definitions alone."""
