"""The kinds of OpenSLO v1."""
