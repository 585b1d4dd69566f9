"""SLOs and error budgets for streaming pipelines."""

__version__ = "0.1.0"
