"""What every window holds: rings of slots, running sums, and what was expected."""
