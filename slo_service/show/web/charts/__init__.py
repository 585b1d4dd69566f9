"""Drawings as SVG text: pure functions from numbers to markup, coloured by classes only."""
