"""What a run built and tested -> gold as readers see it, whole; and back to what it was."""
