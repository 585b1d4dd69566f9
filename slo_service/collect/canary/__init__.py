"""Canaries: sending, seeing, the ledger, and the verdict on each."""
