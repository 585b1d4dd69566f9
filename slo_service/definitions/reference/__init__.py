"""The reference page of the definitions, generated from the spec types by way of their schemas."""

from slo_service.definitions.reference.page import examples, page

__all__ = ["examples", "page"]
