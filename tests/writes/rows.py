"""The rows of `models.py` that the tests of writing start with."""

from decimal import Decimal

from tests.writes.models import Job, Label, Queue, Seat, Step, Ticket, job_labels

MAIL, PRINT, IDLE = 1, 2, 3
URGENT, SLOW = 1, 2


def job_rows() -> list[object]:
    """New instances, to be flushed one by one: the database numbers each kind from 1, in this order."""
    return [
        Queue(name="mail", region="north", nickname=None),
        Queue(name="print", region=None, nickname="p"),
        Queue(name="idle", region="south", nickname="i"),
        Label(name="urgent"),
        Label(name="slow"),
        Job(state="pending", code="a", rank=1, cost=Decimal("1.50"), queue_id=MAIL, fallback_id=PRINT),
        Job(state="pending", code="b", rank=None, queue_id=MAIL, parent_id=1, queue_nickname="p"),
        Job(state="taken", code="a", rank=3, queue_id=PRINT, fallback_id=MAIL, parent_id=1),
        Job(state="done", code=None, rank=4, queue_id=PRINT, parent_id=3, queue_nickname="i"),
        Job(state="pending", code=None, rank=None, queue_id=IDLE, fallback_id=IDLE),
        Step(name="read", done=True, job_id=1),
        Step(name="write", done=False, job_id=1),
        Step(name="read", done=None, job_id=2),
        Step(name="read", done=True, job_id=3),
        Seat(row="a", number=1, price=10),
        Seat(row="a", number=2, price=None),
        Seat(row="b", number=1, price=30, state="sold"),
        Seat(row="b", number=2, price=40),
        Ticket(holder="Ann", seat_row="b", seat_number=1),
        Ticket(holder=None),
    ]


LABELLED = job_labels.insert().values(
    [
        {"job_id": 1, "label_id": URGENT},
        {"job_id": 2, "label_id": URGENT},
        {"job_id": 2, "label_id": SLOW},
        {"job_id": 5, "label_id": SLOW},
    ]
)
