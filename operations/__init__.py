"""Runs the lake: set-up, checks, the demo and what a person asks of it on the command line."""
