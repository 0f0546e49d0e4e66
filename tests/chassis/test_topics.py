from chassis.topics import declared_topics, with_dead


def test_a_topic_is_read_as_declared() -> None:
    by_name = {topic.name: topic for topic in declared_topics()}
    people = by_name["organisations.person"]
    assert (people.partitions, people.compacted, people.writers) == (32, True, ("organisations",))
    assert by_name["declarations.payment"].retention == "for ever"


def test_only_what_a_service_of_ours_reads_has_a_dead_topic() -> None:
    names = {topic.name for topic in with_dead(declared_topics(), {"declarations"})}
    assert "finance.payment-status.dead" in names
    assert "notifications.message.dead" not in names
