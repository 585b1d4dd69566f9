"""Small real programs that a story starts, stops, kills and restarts: a transforming consumer and a table loader."""
