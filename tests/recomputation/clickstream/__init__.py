"""Silver and gold of the clickstream, computed a second time from the messages."""
