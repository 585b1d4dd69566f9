"""Real servers for the tests: found or fetched, started on free loopback ports, and stopped by process id."""
