"""The gate before a run: damage made for real -> named in words, with a cure that works."""
