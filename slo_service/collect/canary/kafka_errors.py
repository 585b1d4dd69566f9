"""What the errors of the Kafka client mean for us."""
# ruff: noqa: SLF001 - the client publishes its local error codes under names with an underscore

from __future__ import annotations

from confluent_kafka import KafkaError

from slo_service.collect.canary.report import Outcome

AT_END = KafkaError._PARTITION_EOF
PLACE_IS_GONE = frozenset({KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE})
OURS = frozenset({
    KafkaError._AUTHENTICATION, KafkaError._SSL, KafkaError._INVALID_ARG, KafkaError._FATAL, KafkaError._FENCED,
    KafkaError._KEY_SERIALIZATION, KafkaError._VALUE_SERIALIZATION, KafkaError.SASL_AUTHENTICATION_FAILED,
    KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.CLUSTER_AUTHORIZATION_FAILED, KafkaError.INVALID_MSG,
    KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.INVALID_RECORD, KafkaError.INVALID_PRODUCER_EPOCH,
    KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, KafkaError.UNSUPPORTED_SASL_MECHANISM,
})  # fmt: skip
UNANSWERED = frozenset({
    KafkaError._MSG_TIMED_OUT, KafkaError._TIMED_OUT, KafkaError._TIMED_OUT_QUEUE, KafkaError._TRANSPORT,
    KafkaError._ALL_BROKERS_DOWN, KafkaError._RESOLVE, KafkaError._PURGE_QUEUE, KafkaError._PURGE_INFLIGHT,
    KafkaError.REQUEST_TIMED_OUT, KafkaError.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
})  # fmt: skip


def outcome_of(code: int, *, stalled: bool, witnessed: bool) -> Outcome:
    """Of a send that the client gave up on with this error.

    `stalled`: we were held up while it was under way; `witnessed`: something independent of the brokers answered us."""
    if code in OURS:
        return Outcome.BROKEN
    if code in UNANSWERED:
        return Outcome.TIMED_OUT if witnessed and not stalled else Outcome.BLIND
    return Outcome.REFUSED


def in_words(error: KafkaError) -> str:
    return f"{error.name()}: {error.str()}"
