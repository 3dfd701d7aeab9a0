"""The cars' silver and gold computed a second time, from the files themselves in plain Python."""
