"""How fresh the lake is, by its metadata: sources' positions, raw, quarantine, gold -> figures."""
