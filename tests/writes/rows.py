"""The rows of `models.py` that most tests of writing start with, and what a test changes them by."""

from tests.writes.models import Job, Label, Queue, Seat, Step, Ticket


def job_rows() -> list[object]:
    """New instances, parents first. Keys are left to the database, which counts from 1 in this order."""
    mail = Queue(name="mail", region="north")
    print_ = Queue(name="print", region=None)
    idle = Queue(name="idle", region="south")
    urgent, slow = Label(name="urgent"), Label(name="slow")
    first = Job(state="pending", code="a", rank=1, queue=mail, fallback=print_, labels=[urgent])
    second = Job(state="pending", code="b", rank=None, queue=mail, labels=[urgent, slow])
    third = Job(state="taken", code="a", rank=3, queue=print_, fallback=mail)
    fourth = Job(state="done", code=None, rank=4, queue=print_)
    fifth = Job(state="pending", code=None, rank=None, queue=idle, fallback=idle, labels=[slow])
    return [
        *(mail, print_, idle, urgent, slow),
        *(first, second, third, fourth, fifth),
        *(Step(name="read", done=True, job=first), Step(name="write", done=False, job=first)),
        *(Step(name="read", done=None, job=second), Step(name="read", done=True, job=third)),
        *(Seat(row="a", number=1, price=10), Seat(row="a", number=2, price=None)),
        *(Seat(row="b", number=1, price=30, state="sold"), Seat(row="b", number=2, price=40)),
        *(Ticket(holder="Ann", seat_row="b", seat_number=1), Ticket(holder=None)),
    ]
