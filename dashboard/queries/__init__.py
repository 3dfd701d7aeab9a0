"""What charts show: Arrow tables -> SQL of DuckDB -> small Arrow tables; nothing is read here."""
