"""How tables that Python writes are made: Iceberg's properties, the same for all of them."""

# Compare-and-set needs a commit that fails on a conflict instead of trying again by itself.
PROPERTIES = {
    "format-version": "2",
    "write.parquet.compression-codec": "zstd",
    "commit.retry.num-retries": "0",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "50",
}
