"""All of it to pages, metrics and JSON."""
