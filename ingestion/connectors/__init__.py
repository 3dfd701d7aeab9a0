"""One folder for each technology that is read, and the contract that all of them keep."""
