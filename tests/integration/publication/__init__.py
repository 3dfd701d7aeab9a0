"""Published results, by dbt and Spark: what readers see, whatever becomes of a run."""
