"""Topics of a real broker, landed."""
