"""The warm Spark: `firn spark` and `dbt build --target warm`, each as a person runs it."""
