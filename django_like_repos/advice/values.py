"""What ``advice()`` gives: plain frozen values, which print as a text to be read."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hint:
    """An index that the database has not, and that would spare it work."""

    ddl: str
    """The statement that makes it; nobody but the reader runs it."""
    because: str
    possible: bool = False
    """Whether it depends on more than a plan says: an extension, a class of operators, values to come."""

    def __str__(self) -> str:
        return f"{self.ddl};\n-- {'possibly, ' if self.possible else ''}{self.because}"


@dataclass(frozen=True, slots=True)
class Node:
    """A step of the plan that costs much of it."""

    kind: str
    """In the database's words: ``Seq Scan``, ``Sort``; ``SCAN``, ``USE TEMP B-TREE FOR ORDER BY``."""
    table: str | None
    """What is read, if it is a table of the statement."""
    rows: int | None
    """How many rows the planner expects of it, or came with ``analyze=True``; SQLite does not say."""
    share: float | None
    """Of the cost of the plan, or of its time with ``analyze=True``, from 0 to 1; SQLite says neither."""
    calls: tuple[str, ...]
    """Those of the chain that it is due to."""
    why: str = ""
    """What makes it dear, where that is known."""

    def __str__(self) -> str:
        told = [f"{self.rows:,} rows"] if self.rows is not None else []
        told += [f"{self.share:.0%}"] if self.share is not None else []
        said = f"{self.kind} on {self.table}" if self.table else self.kind
        said += f" ({', '.join(told)})" if told else ""
        said += f" because of {', '.join(self.calls)}" if self.calls else ""
        return f"{said}: {self.why}" if self.why else said


@dataclass(frozen=True, slots=True)
class Advice:
    """What the database would do for a chain, and what would spare it some of that."""

    statement: str
    """The SELECT, values and all."""
    plan: str
    """What the database said: PostgreSQL's in JSON, SQLite's line by line."""
    nodes: tuple[Node, ...]
    """The dear steps, the dearest first where the database says what they cost."""
    hints: tuple[Hint, ...]
    remarks: tuple[str, ...] = ()
    """Why there is no hint where one might expect it: a small table, an index that is left aside."""

    def __str__(self) -> str:
        parts = [
            self.statement,
            "\n".join(map(str, self.nodes)) or "No step of the plan is dear.",
            "\n".join(map(str, self.hints)) or "No index lacks.",
            "\n".join(self.remarks),
        ]
        return "\n\n".join(filter(None, parts))
