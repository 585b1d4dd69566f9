"""Channels, one module or folder each."""
