"""Rows that cannot be landed: rejections -> quarantine.<source> -> replay."""
