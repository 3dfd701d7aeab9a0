"""Tests of the parts of `firn status`."""
