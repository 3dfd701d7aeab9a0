"""What the DAGs share: the declared sources, and tasks that type a command in the project."""
