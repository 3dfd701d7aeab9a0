"""Pages without a lake: small tables and figures worked out by hand."""
