"""The gate before a run: damage made for real -> named in words, with a fix that works."""
