"""What a canary's period costs before it runs: false pages at the objective, and the time to a true one. Pure."""
