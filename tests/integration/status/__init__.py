"""Tests of `firn status` over lakes that loads have made."""
