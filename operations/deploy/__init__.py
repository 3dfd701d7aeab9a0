"""Runs Firn under another program: Airflow."""
