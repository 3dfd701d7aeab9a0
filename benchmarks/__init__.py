"""Firn beside its peers: one program a benchmark -> one section of docs/benchmarks.md."""
