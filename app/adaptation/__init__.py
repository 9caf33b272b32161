"""A model adapted to the song on screen: the work, what it shows meanwhile, what becomes of it."""
