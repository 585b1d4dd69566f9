"""YAML to domain: OpenSLO v1 and our own kinds; every mistake with file:line:column and the remedy."""

from slo_service.definitions.difference import diff
from slo_service.definitions.finding import CODES, Finding
from slo_service.definitions.loading import Loaded, load_folder

__all__ = ["CODES", "Finding", "Loaded", "diff", "load_folder"]
