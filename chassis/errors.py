"""The kinds of error. Whatever is neither of these two is a bug."""

NOT_YET_KNOWN = "NOT_YET_KNOWN"
"""What was named has not been heard of here yet; the same request may pass later."""

TRY_AGAIN = "TRY_AGAIN"


class DomainError(Exception):
    """An expected refusal: a stable code and the facts. Never retried."""

    def __init__(
        self, code: str, message: str, *, field: str | None = None, **facts: object
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
        self.facts = facts


class TransientError(Exception):
    """Nothing is wrong with the request: the same one may pass in a moment."""

    code = TRY_AGAIN
