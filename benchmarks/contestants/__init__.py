"""The contestants, one file each: a class that says what is run, and the program if it is ours."""
