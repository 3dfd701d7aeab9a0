"""Tables that change shape in the database: what raw, silver and gold make of each change."""
