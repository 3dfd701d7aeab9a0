"""Runs the lake: set-up, checks, the demo and what a person asks of it on the command line."""

import gc

# A command is over before garbage matters, and most of what it makes, modules, is none. Looking for
# it as often as Python does by default takes a tenth of a command that finds nothing new.
gc.set_threshold(50_000, 20, 20)
