"""What chance alone could explain, and what it could not."""
