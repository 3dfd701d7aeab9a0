"""Where files are dropped: a folder or the prefix of an S3 bucket -> listings, open files."""
