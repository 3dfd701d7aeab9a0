"""Tasks: what is declared + what the lake's metadata says -> what is refreshed now, and is run."""
