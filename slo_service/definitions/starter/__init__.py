"""The folder that `slo init` writes: a pipeline, its canary, promises, a policy that only observes, what to do next."""

from slo_service.definitions.starter.folder import SCHEMA_FILE, Starter, starter_files

__all__ = ["SCHEMA_FILE", "Starter", "starter_files"]
