"""Nouns and arithmetic. Standard library only; no I/O, no clock. Instants and durations are integers of nanoseconds."""
