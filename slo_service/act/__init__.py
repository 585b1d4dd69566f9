"""Decisions to deliveries: the worker that enacts wanted states and delivers messages."""
