"""AsyncAPI 3.0 from the list of topics and the services' events."""

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from chassis.topics import Topic

_INFO = {
    "title": "CQRS domain events",
    "version": "1.0.0",
    "description": (
        "Values are JSON; metadata are CloudEvents 1.0 Kafka headers in binary mode. The key "
        "is the aggregate's id, so the events of one aggregate are in order. Delivery is at least "
        "once: take a state event only if its `version` is newer, a ledger entry only once by its "
        "`entry_id`."
    ),
    "license": {"name": "MIT"},
}
_HEADERS = {
    "type": "object",
    "required": ["ce_id", "ce_type", "ce_source", "ce_time", "ce_specversion"],
    "properties": {
        "ce_id": {"type": "string", "format": "uuid", "description": "This event, for ever."},
        "ce_type": {"type": "string", "description": "The name and major version of the event."},
        "ce_source": {"type": "string", "description": "The service that published it."},
        "ce_time": {"type": "string", "format": "date-time", "description": "When it happened."},
        "ce_specversion": {"const": "1.0"},
        "traceparent": {"type": "string", "description": "W3C trace context, where there is one."},
    },
}


def document(topics: Sequence[Topic], events: Mapping[str, Mapping[str, Any]]) -> str:
    """The document as YAML; `events` maps a type to its `topic` and `description`."""
    of_topic = {
        topic.name: sorted(name for name, event in events.items() if event["topic"] == topic.name)
        for topic in topics
    }
    api = {
        "asyncapi": "3.0.0",
        "info": _INFO,
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic, of_topic[topic.name]) for topic in topics},
        "operations": _operations(topics, of_topic),
        "components": {
            "messages": {name: _message(name, events[name]) for name in sorted(events)},
            "messageTraits": {"cloudEvent": {"headers": _HEADERS}},
        },
    }
    return yaml.safe_dump(api, sort_keys=False, allow_unicode=True, width=100)


def _channel(topic: Topic, types: Sequence[str]) -> dict[str, Any]:
    return {
        "address": topic.name,
        "title": topic.title,
        "description": f"Key: {topic.key}.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in types},
        "bindings": {
            "kafka": {"partitions": topic.partitions, "topicConfiguration": _configuration(topic)}
        },
    }


def _configuration(topic: Topic) -> dict[str, Any]:
    if topic.compacted:
        return {"cleanup.policy": ["compact"]}
    if topic.retention == "for ever":
        return {"cleanup.policy": ["delete"], "retention.ms": -1}
    days = int(topic.retention.removesuffix(" days"))
    return {"cleanup.policy": ["delete"], "retention.ms": days * 86_400_000}


def _operations(
    topics: Sequence[Topic], of_topic: Mapping[str, Sequence[str]]
) -> dict[str, dict[str, Any]]:
    operations = {}
    for topic in topics:
        parties = [("send", each) for each in topic.writers]
        parties += [("receive", each) for each in topic.readers]
        for action, party in parties:
            operations[f"{party}.{action}.{topic.name}"] = {
                "action": action,
                "channel": {"$ref": f"#/channels/{topic.name}"},
                "messages": [
                    {"$ref": f"#/channels/{topic.name}/messages/{name}"}
                    for name in of_topic[topic.name]
                ],
            }
    return operations


def _message(name: str, event: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "summary": event["description"],
        "contentType": "application/json",
        "traits": [{"$ref": "#/components/messageTraits/cloudEvent"}],
        "payload": {
            "schemaFormat": "application/schema+json;version=draft-2020-12",
            "schema": {"$ref": f"./events/{name}.schema.json"},
        },
    }
