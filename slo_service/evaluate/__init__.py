"""Cells to statuses and transitions: windows, burn rates, budgets. Pure."""
