"""A dbt package beside Firn's own macros: neither breaks the other."""
