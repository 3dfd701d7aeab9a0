"""Stand-ins for the source systems: a real server each, and generators that fill it."""
