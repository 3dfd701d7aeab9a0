"""Formats of exported files, one a module: sorted rows -> the bytes of a file."""
