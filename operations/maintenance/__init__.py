"""Keeps tables small and quick: policies in the YAML -> a plan per table -> Spark procedures."""
