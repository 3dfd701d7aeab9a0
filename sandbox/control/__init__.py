"""Starts, advances and removes the systems of the sandbox: settings -> running sources."""
