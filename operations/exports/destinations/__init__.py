"""Where exported files go: a folder of this machine, or a prefix of a bucket."""
