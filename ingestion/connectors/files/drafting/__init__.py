"""Drafts a declaration from files: which tables they are, how they are written, what they hold."""
