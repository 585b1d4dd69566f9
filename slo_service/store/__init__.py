"""Implements the ports of collect, evaluate, decide, act and show on SQL databases and in memory."""
