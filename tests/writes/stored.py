"""Models whose values, constructors, triggers and rules decide what is stored."""

from dataclasses import InitVar
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    JSON,
    Computed,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    Numeric,
    SmallInteger,
    String,
    TypeDecorator,
    func,
)
from sqlalchemy.dialects.postgresql import BIT, CIDR, INET, INT4RANGE, JSONB, Range
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.ext.mutable import MutableDict
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    MappedAsDataclass,
    column_property,
    composite,
    mapped_column,
    relationship,
    synonym,
    validates,
)

from django_like_repos import BaseRepository


class Base(DeclarativeBase):
    """The models of the tests of what is stored."""


DOCUMENT = JSON().with_variant(JSONB(), "postgresql")


class Metal(Enum):
    IRON = "fe"
    GOLD = "au"


class Cents(TypeDecorator[Decimal]):
    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return None if value is None else int(Decimal(value) * 100)

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return None if value is None else Decimal(value) / 100


class Plain(TypeDecorator[int]):
    """Which says nothing of how it is bound."""

    impl = SmallInteger
    cache_ok = True


class Backwards(TypeDecorator[str]):
    """Read as it is stored, so that what was read is stored otherwise."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return None if value is None else value[::-1]

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return value


class Point:
    def __init__(self, x: int | None, y: int | None) -> None:
        self.x, self.y = x, y

    def __composite_values__(self) -> tuple[int | None, int | None]:
        return self.x, self.y

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Point) and (self.x, self.y) == (other.x, other.y)

    def __hash__(self) -> int:
        return hash((self.x, self.y))


class Box(Base):
    __tablename__ = "boxes"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(default="box")

    size: Mapped[int | None] = mapped_column(Computed("id * 2"))

    coins: Mapped[list["Coin"]] = relationship(back_populates="box")
    shown: Mapped[list["Coin"]] = relationship(viewonly=True)
    shown_names: AssociationProxy[list[str]] = association_proxy("shown", "name")
    loud: Mapped[str] = column_property(func.upper(name))

    @hybrid_property
    def quiet(self) -> str:
        return self.name


class Coin(Base):
    __tablename__ = "coins"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    holes: Mapped[int | None]
    small: Mapped[int | None] = mapped_column(SmallInteger)
    worn: Mapped[bool | None]
    weight: Mapped[Decimal | None] = mapped_column(Numeric(10, 2))
    metal: Mapped[Metal | None]
    day: Mapped[date | None] = mapped_column(Date)
    found_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    token: Mapped[UUID | None]
    seal: Mapped[bytes | None] = mapped_column(LargeBinary)
    price: Mapped[Decimal | None] = mapped_column(Cents)
    odd: Mapped[str | None] = mapped_column(Backwards)
    plain: Mapped[int | None] = mapped_column(Plain)
    rough: Mapped[float | None] = mapped_column(Numeric(10, 2, asdecimal=False))
    half: Mapped[Decimal | None] = mapped_column(Float(asdecimal=True))
    notes: Mapped[Any | None] = mapped_column(MutableDict.as_mutable(DOCUMENT))
    checked: Mapped[str | None]
    parts: Mapped[int | None]
    made: Mapped[str | None] = mapped_column(server_default="today")
    x: Mapped[int | None]
    y: Mapped[int | None]
    box_id: Mapped[int | None] = mapped_column(ForeignKey("boxes.id"))

    place: Mapped[Point] = composite("x", "y")
    box: Mapped[Box | None] = relationship(back_populates="coins")
    box_name: AssociationProxy[str] = association_proxy("box", "name", creator=lambda name: Box(name=name))
    title: Mapped[str | None] = synonym("name")

    @validates("checked", "parts")
    def check(self, key: str, value: Any) -> Any:
        if key == "parts":
            return len(value.split(",")) if isinstance(value, str) else value + 0
        return value.strip()

    @hybrid_property
    def double(self) -> int:
        return (self.holes or 0) * 2

    @double.inplace.setter
    def _set_double(self, value: int) -> None:
        self.holes = value / 2  # type: ignore[assignment]


class Secret(Base):
    """Whose constructor takes other values than its columns."""

    __tablename__ = "secrets"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[int]
    word: Mapped[str | None]

    def __init__(self, code: str, *, loud: bool = False) -> None:
        self.code = code.strip("#")  # type: ignore[assignment]
        self.word = 5 if loud else None  # type: ignore[assignment]


class Open(Base):
    """Whose constructor takes anything, and hands on what it does not know."""

    __tablename__ = "opens"

    id: Mapped[int] = mapped_column(primary_key=True)
    size: Mapped[int]

    def __init__(self, *, loud: bool = False, **rest: Any) -> None:
        super().__init__(**rest)
        self.loud = loud


class Data(MappedAsDataclass, Base):
    __tablename__ = "datas"

    id: Mapped[int] = mapped_column(init=False, primary_key=True)
    size: Mapped[int]
    times: InitVar[int] = 1
    name: Mapped[str] = mapped_column(default="data")

    def __post_init__(self, times: int) -> None:
        self.size = self.size * times


class Wide(Base):
    """Types of PostgreSQL."""

    __tablename__ = "wides"

    id: Mapped[int] = mapped_column(primary_key=True)
    span: Mapped[Range[int] | None] = mapped_column(INT4RANGE)
    sizes: Mapped[list[int] | None] = mapped_column(ARRAY(Integer))
    words: Mapped[list[str] | None] = mapped_column(ARRAY(String(3)))
    grid: Mapped[list[list[int]] | None] = mapped_column(ARRAY(Integer, dimensions=2))
    bits: Mapped[Any | None] = mapped_column(BIT(3))
    host: Mapped[Any | None] = mapped_column(INET)
    net: Mapped[Any | None] = mapped_column(CIDR)
    pair: Mapped[tuple[int, ...] | None] = mapped_column(ARRAY(Integer, as_tuple=True))


class Animal(Base):
    __tablename__ = "animals"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    seen: Mapped[str | None] = mapped_column(server_default=func.lower("NO"))

    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "animal"}  # noqa: RUF012


class Dog(Animal):
    __tablename__ = "dogs"

    id: Mapped[int] = mapped_column(ForeignKey("animals.id"), primary_key=True)
    rank: Mapped[int | None]

    __mapper_args__ = {"polymorphic_identity": "dog"}  # noqa: RUF012


class Ruled(Base):
    """On PostgreSQL a rule says what is done instead."""

    __tablename__ = "ruled"
    __table_args__ = {"implicit_returning": False}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str]
    gone: Mapped[bool] = mapped_column(default=False)


class BoxRepository(BaseRepository[Box]): ...


class CoinRepository(BaseRepository[Coin]): ...


class SecretRepository(BaseRepository[Secret]): ...


class OpenRepository(BaseRepository[Open]): ...


class DataRepository(BaseRepository[Data]): ...


class WideRepository(BaseRepository[Wide]): ...


class AnimalRepository(BaseRepository[Animal]): ...


class DogRepository(BaseRepository[Dog]): ...


class RuledRepository(BaseRepository[Ruled]): ...


POSTGRESQL = [
    "CREATE FUNCTION change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "IF NEW.holes = 7 THEN NEW.holes = 5; NEW.name = 'by trigger'; END IF; "
    "IF OLD.name = 'kept' THEN RETURN NULL; END IF; RETURN NEW; END $$",
    "CREATE TRIGGER change BEFORE UPDATE ON coins FOR EACH ROW EXECUTE FUNCTION change()",
    "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "IF OLD.name = 'kept' THEN RETURN NULL; END IF; "
    "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$",
    "CREATE TRIGGER keep BEFORE DELETE ON coins FOR EACH ROW EXECUTE FUNCTION keep()",
    "CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON animals FOR EACH ROW EXECUTE FUNCTION keep()",
    "CREATE RULE hide AS ON DELETE TO ruled DO INSTEAD UPDATE ruled SET gone = true WHERE id = OLD.id",
    "CREATE RULE nothing AS ON DELETE TO boxes DO INSTEAD NOTHING",
]
SQLITE = [
    "CREATE TRIGGER change AFTER UPDATE ON coins WHEN NEW.holes = 7 "
    "BEGIN UPDATE coins SET holes = 5, name = 'by trigger' WHERE id = NEW.id; END",
    *[
        f"CREATE TRIGGER keep_{table}_{verb} BEFORE {verb} ON {table} WHEN OLD.name = 'kept' "
        "BEGIN SELECT RAISE(IGNORE); END"
        for table in ("coins", "animals")
        for verb in ("UPDATE", "DELETE")
    ],
]
