"""What many tasks want at once: keys that are to be there once, and jobs that are to be done once."""

from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from django_like_repos import BaseRepository


class Base(DeclarativeBase):
    """The models that are claimed."""


class Key(Base):
    __tablename__ = "keys"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    n: Mapped[int] = mapped_column(default=0)


class Job(Base):
    __tablename__ = "jobs"

    id: Mapped[int] = mapped_column(primary_key=True)
    worker: Mapped[int | None]
    taken: Mapped[int] = mapped_column(default=0)


class KeyRepository(BaseRepository[Key]): ...


class JobRepository(BaseRepository[Job]): ...
