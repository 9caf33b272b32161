"""Two models on one song: separation by a second one, and how both differ."""
