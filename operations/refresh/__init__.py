"""`firn watch`: files that arrive -> landed when stable -> what depends on them, built."""
