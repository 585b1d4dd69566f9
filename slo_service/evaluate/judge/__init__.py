"""From counts to verdicts: tiers, signals, and the word for an objective."""
