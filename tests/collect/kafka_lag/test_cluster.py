"""The adapter against librdkafka's in-process cluster and against Apache Kafka."""

import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from slo_service.collect.kafka_lag.cluster import KafkaOffsets
from slo_service.collect.kafka_lag.group import GroupWatch
from slo_service.collect.kafka_lag.offsets import DataRecord, NoRecord, OffsetsUnavailable
from slo_service.domain.instant import MILLISECOND, SECOND


@dataclass
class Topic:
    bootstrap: str
    name: str
    group: str

    def offsets(self, **config: str) -> KafkaOffsets:
        return KafkaOffsets({"bootstrap.servers": self.bootstrap, **config}, time.time_ns, time.monotonic_ns)

    def produce(self, partition: int, count: int) -> None:
        producer = Producer({"bootstrap.servers": self.bootstrap, "log_level": 2})
        for number in range(count):
            producer.produce(self.name, str(number), partition=partition)
        assert producer.flush(10) == 0

    def commit(self, partition: int, offset: int) -> None:
        config = {"bootstrap.servers": self.bootstrap, "group.id": self.group, "socket.timeout.ms": 5000}
        consumer = Consumer({**config, "log_level": 2})
        consumer.commit(offsets=[TopicPartition(self.name, partition, offset)], asynchronous=False)
        consumer.close()


@pytest.fixture(scope="module")
def mock_cluster() -> Iterator[str]:
    holder = Producer({"bootstrap.servers": "mock", "test.mock.num.brokers": 1, "log_level": 2})
    (broker,) = holder.list_topics(timeout=5).brokers.values()
    yield f"{broker.host}:{broker.port}"
    del holder


def topic_on(bootstrap: str) -> Topic:
    unique = uuid.uuid4().hex[:8]
    return Topic(bootstrap, f"orders-{unique}", f"group-{unique}")


@pytest.fixture
def topic(mock_cluster) -> Topic:
    return topic_on(mock_cluster)


@pytest.fixture
def real_topic(kafka) -> Topic:
    topic = topic_on(kafka.bootstrap)
    kafka.create_topic(topic.name, 2)
    Topic(kafka.bootstrap, topic.name, "first-of-all").commit(0, 0)  # waits until the group coordinator has loaded
    return topic


def rows(topic: Topic) -> list[tuple[int, int | None, int | None, int | None]]:
    source = topic.offsets()
    try:
        read = source.read(topic.group, topic.name)
    finally:
        source.close()
    return [(row.partition, row.committed, row.end, row.begin) for row in read.partitions]


def test_commits_ends_and_what_was_never_committed_are_told_apart(topic):
    topic.produce(0, 5)
    topic.produce(1, 3)
    topic.commit(0, 2)
    assert rows(topic) == [(0, 2, 5, None), (1, None, 3, 0), (2, None, 0, 0), (3, None, 0, 0)]


def test_the_first_unread_record_is_found_and_its_absence_too(topic):
    topic.produce(0, 5)
    source = topic.offsets()
    try:
        assert source.first_unread(topic.name, {0: 3, 1: 0}) == {0: DataRecord(3), 1: NoRecord(0)}
    finally:
        source.close()


def test_a_cluster_that_is_not_there_is_told_in_words_within_the_time_out():
    source = KafkaOffsets({"bootstrap.servers": "127.0.0.1:9"}, time.time_ns, time.monotonic_ns, 500 * MILLISECOND)
    try:
        with pytest.raises(OffsetsUnavailable, match=r"\w"):
            source.read("g", "t")
    finally:
        source.close()


def watched(topic: Topic) -> GroupWatch:
    return GroupWatch("orders", "enrich", topic.group, topic.name, topic.offsets(), SECOND)


def test_a_group_that_stops_reading_ages_and_recovers(topic):
    for partition in range(4):
        topic.produce(partition, 1)
        topic.commit(partition, 1)
    watch = watched(topic)
    assert watch.poll(time.time_ns()).age_ns == 0
    topic.produce(2, 4)
    time.sleep(0.3)
    behind = watch.poll(time.time_ns())
    assert behind.waiting == 4
    assert behind.age_ns is not None
    assert 0.3 * SECOND <= behind.age_ns < 3 * SECOND
    topic.commit(2, 5)
    assert watch.poll(time.time_ns()).age_ns == 0
    watch.close()


def test_an_unknown_topic_on_a_real_broker_is_an_error_and_is_not_created(kafka):
    topic = topic_on(kafka.bootstrap)
    watch = watched(topic)
    try:
        assert watch.poll(time.time_ns()).error
    finally:
        watch.close()


def test_a_real_group_is_read_as_one_on_the_mock(real_topic):
    real_topic.produce(0, 5)
    real_topic.commit(0, 2)
    assert rows(real_topic) == [(0, 2, 5, None), (1, None, 0, 0)]


def test_the_marker_of_a_finished_transaction_is_not_unread_data(real_topic):
    producer = transactional(real_topic)
    producer.begin_transaction()
    producer.produce(real_topic.name, "a", partition=0)
    producer.commit_transaction(10)
    real_topic.commit(0, 1)  # a consumer's position after the only record; the marker lies at 1
    watch = watched(real_topic)
    age = watch.poll(time.time_ns()).partitions[0]
    watch.close()
    assert (age.committed, age.end, age.age_ns) == (1, 2, 0)


def test_an_open_transaction_is_not_yet_readable(real_topic):
    producer = transactional(real_topic)
    producer.begin_transaction()
    producer.produce(real_topic.name, "a", partition=0)
    producer.flush(10)
    committed_only = real_topic.offsets()
    everything = real_topic.offsets(**{"isolation.level": "read_uncommitted"})
    ends = [one.read(real_topic.group, real_topic.name).partitions[0].end for one in (committed_only, everything)]
    producer.abort_transaction(10)
    committed_only.close()
    everything.close()
    assert ends == [0, 1]


def test_the_brokers_timestamp_dates_a_backlog_we_never_saw_grow(kafka):
    topic = topic_on(kafka.bootstrap)
    kafka.create_topic(topic.name, 1, {"message.timestamp.type": "LogAppendTime"})
    topic.produce(0, 1)
    topic.commit(0, 0)
    time.sleep(0.5)
    watch = watched(topic)
    age = watch.poll(time.time_ns()).partitions[0]
    watch.close()
    assert age.method == "log-append"
    assert age.age_ns is not None
    assert 0.45 * SECOND < age.age_ns < 10 * SECOND


def transactional(topic: Topic) -> Producer:
    producer = Producer({"bootstrap.servers": topic.bootstrap, "transactional.id": topic.name})
    producer.init_transactions(10)
    return producer
