"""Read source systems: declaration + progress -> Arrow batches + new progress."""
