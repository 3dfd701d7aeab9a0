"""A connector in the tests alone: rows of a list in memory -> raw tables.

It is found by the entry point group `firn.connectors`, as a package of somebody else would be.
"""
