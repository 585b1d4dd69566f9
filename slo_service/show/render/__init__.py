"""Generated files: Prometheus rules."""
