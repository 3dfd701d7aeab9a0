"""Source systems to try Firn on: a real server or folder each, and generators that fill it."""
