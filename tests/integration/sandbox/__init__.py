"""The sandbox against real servers."""
