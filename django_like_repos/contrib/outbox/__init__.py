"""Messages that are written in a transaction, and delivered, at least once, when it is committed."""

from django_like_repos.contrib.outbox.model import Message, OutboxMessage
from django_like_repos.contrib.outbox.outbox import Batch, ClaimLostError, Outbox

__all__ = ["Batch", "ClaimLostError", "Message", "Outbox", "OutboxMessage"]
