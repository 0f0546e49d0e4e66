"""The services this command starts, by name."""

SERVICES = ("organisations", "participation", "declarations", "notifications")
