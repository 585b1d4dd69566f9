"""What was, derived from the cells again."""
