"""Pages over a small lake that pyiceberg wrote: what they read, and how they do in Chromium."""
