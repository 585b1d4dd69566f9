"""What is to come: exhaustion, the worst window, what a rule would cost."""
