"""Time that counts otherwise than as it was measured."""
