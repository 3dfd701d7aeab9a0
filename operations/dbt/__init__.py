"""Runs dbt: one command in a process, or a process that stays -> outcomes."""
