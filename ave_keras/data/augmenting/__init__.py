"""Changes to the videos of a batch that make new training examples."""
