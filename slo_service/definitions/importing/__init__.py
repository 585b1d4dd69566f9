"""Definitions of other tools → ours: OpenSLO documents, `Alerting` where the alerts differ, and a line for everything
that is changed or not carried over. Pure: text in, text out."""

from slo_service.definitions.importing.imported import Imported, Loss, SourceFile

__all__ = ["Imported", "Loss", "SourceFile"]
