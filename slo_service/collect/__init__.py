"""The world to samples: one folder a source. Sees no SQL."""
