"""Topics and rights on a real Kafka, from contracts/topics.toml."""

from confluent_kafka.admin import AclOperation, ResourceType

from chassis.topics import declared_topics, with_dead
from cqrs.compose.topics import configuration, rights
from cqrs.services import SERVICES

TOPICS = with_dead(declared_topics(), frozenset(SERVICES))


def may(operation, topic):
    return {
        one.principal.removeprefix("User:")
        for one in rights(TOPICS)
        if one.restype == ResourceType.TOPIC and one.name == topic and one.operation == operation
    }


def test_finance_reads_the_ledger_writes_what_became_of_it_and_nothing_else():
    reads = {one.name for one in TOPICS if "finance" in may(AclOperation.READ, one.name)}
    writes = {one.name for one in TOPICS if "finance" in may(AclOperation.WRITE, one.name)}
    assert reads == {"declarations.payment"}
    assert writes == {"finance.payment-status"}


def test_names_and_addresses_are_read_by_notifications_alone():
    assert may(AclOperation.READ, "organisations.contact") == {"notifications"}


def test_a_reader_may_park_what_it_cannot_read():
    assert "participation" in may(AclOperation.WRITE, "organisations.organisation.dead")


def test_a_topic_is_kept_as_the_contract_says():
    by_name = {one.name: configuration(one) for one in TOPICS}
    assert by_name["organisations.person"] == {"cleanup.policy": "compact"}
    assert by_name["declarations.payment"] == {"retention.ms": "-1"}
    assert by_name["participation.offer"] == {"retention.ms": str(30 * 86_400_000)}
