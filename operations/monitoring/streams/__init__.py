"""`firn streams`: metadata files and dbt's manifest -> what waits for each model, and how long."""
