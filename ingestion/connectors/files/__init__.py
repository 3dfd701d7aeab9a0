"""Reads dropped files: declaration + what is landed -> new files -> blocks -> Arrow batches."""
