"""Filters of exports: `--where` -> conditions on columns -> SQL, and what skips files."""
