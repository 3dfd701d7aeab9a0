"""The `firn` command: arguments -> one function each -> what a person reads."""
