"""Transitions to decisions: the policy engine. Pure."""
