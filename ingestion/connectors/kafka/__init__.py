"""Reads topics: offsets in the table + topics of a broker -> messages -> Arrow batches."""
