"""Guards that are switched off one at a time: does a test notice? `make mutants`."""
