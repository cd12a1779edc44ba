"""One repository for each table of `models.py`."""

from django_like_repos import BaseRepository
from tests.writes.models import Job, Label, Queue, Seat, Step, Ticket


class JobRepository(BaseRepository[Job]): ...


class QueueRepository(BaseRepository[Queue]): ...


class StepRepository(BaseRepository[Step]): ...


class LabelRepository(BaseRepository[Label]): ...


class SeatRepository(BaseRepository[Seat]): ...


class TicketRepository(BaseRepository[Ticket]): ...
