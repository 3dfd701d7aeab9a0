"""Subclasses of the suite's base classes that change what only PostgreSQL says, by area."""
