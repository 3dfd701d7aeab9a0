"""What pages read: the catalog at one moment -> named columns, their age and their freshness."""
