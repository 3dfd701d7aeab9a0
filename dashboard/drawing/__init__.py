"""What a visitor sees: small Arrow tables -> headings, charts, tables, CSV, filters, messages."""
