"""Silver and gold of the checkout, computed a second time from the rows of its database."""
