"""The rules of the pre-flight, on tables that are only described, and damage on real small ones."""
