"""Pre-flight: what is declared + what the lake holds -> every difference, its class and its fix.

    models/raw/*.yml ─┐
    dbt's graph ──────┴─▶ declared ─┐
    catalog, metadata files ▶ found ┴─▶ rules ─▶ differences ─▶ policy ─▶ verdict

The rules stand here once. `preflight()` (`on-run-start`, through `dbt_firn`) asks them before a
build, `firn verify` at any time.
"""
