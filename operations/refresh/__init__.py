"""`firn watch`: files that arrive -> landed as they settle -> what depends on them, built."""
