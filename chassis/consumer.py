"""What readers of events are made of; see `subscription` and `received`."""

from chassis.received import Received
from chassis.subscription import Projection, Reaction, Subscription

__all__ = ["Projection", "Reaction", "Received", "Subscription"]
