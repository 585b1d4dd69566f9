"""Parts that every object in a cluster has."""

from __future__ import annotations

from slo_service.definitions.importing.reader import NOTHING_TO_DO, Why

STATUS: Why = ("is the cluster's own", NOTHING_TO_DO)
_CLUSTER: Why = ("is for the cluster", NOTHING_TO_DO)
_UNUSED = (
    "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds",
    "generateName", "selfLink", "ownerReferences", "finalizers", "managedFields",
)  # fmt: skip
CLUSTER: dict[str, Why] = dict.fromkeys(_UNUSED, _CLUSTER)
METADATA: dict[str, Why] = {
    **CLUSTER,
    "name": ("SLOs are named by service and name, not by the object that holds them", NOTHING_TO_DO),
    "namespace": ("definitions have no namespace here", "write a label of the SLO if it matters"),
    "labels": ("labels of the object are for the cluster", "write labels of the SLO if they matter"),
    "annotations": ("annotations of the object are for the cluster", "write annotations of the SLO if they matter"),
}
"""What becomes of the metadata of an object that only holds SLOs."""
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
