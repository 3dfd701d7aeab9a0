"""Where each table's newest metadata file is written down: one module per kind of catalog."""
