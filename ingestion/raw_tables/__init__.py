"""Raw tables in Iceberg: shape, data files, the commit that lands rows, scans."""
