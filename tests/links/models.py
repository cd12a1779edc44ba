"""Posts and their tags by several tables between, comments that refer to a post: all links."""

from itertools import count

from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Integer, String, Table, UniqueConstraint
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy
from sqlalchemy.ext.orderinglist import ordering_list
from sqlalchemy.orm import (
    DeclarativeBase,
    DynamicMapped,
    Mapped,
    WriteOnlyMapped,
    attribute_keyed_dict,
    mapped_column,
    relationship,
)


class Base(DeclarativeBase):
    """The models of the tests of links only."""


post_tags = Table(
    "post_tags",
    Base.metadata,
    Column("post_id", ForeignKey("posts.id"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id"), primary_key=True),
    Column("place", Integer, server_default="0"),
    Column("source", String(10), default="hand"),
)
loose_tags = Table(
    "loose_tags",
    Base.metadata,
    Column("tag_id", ForeignKey("tags.id")),
    Column("post_id", ForeignKey("posts.id")),
)
"""Nothing here says that two rows are linked once."""
following = Table(
    "follows",
    Base.metadata,
    Column("follower_id", ForeignKey("authors.id"), primary_key=True),
    Column("followed_id", ForeignKey("authors.id"), primary_key=True),
)
seat_posts = Table(
    "seat_posts",
    Base.metadata,
    Column("seat_row", String),
    Column("seat_number", Integer),
    Column("post_id", ForeignKey("posts.id")),
    ForeignKeyConstraint(["seat_row", "seat_number"], ["seats.row", "seats.number"]),
    UniqueConstraint("seat_row", "seat_number", "post_id"),
)
SERIAL = count(1)


class Author(Base):
    __tablename__ = "authors"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)

    follows: Mapped[list["Author"]] = relationship(
        secondary=following,
        primaryjoin=id == following.c.follower_id,
        secondaryjoin=id == following.c.followed_id,
        back_populates="followers",
    )
    followers: Mapped[list["Author"]] = relationship(
        secondary=following,
        primaryjoin=id == following.c.followed_id,
        secondaryjoin=id == following.c.follower_id,
        back_populates="follows",
    )
    credits: Mapped[list["Credit"]] = relationship(back_populates="author")


class Credit(Base):
    """An association object: what an author did for a post."""

    __tablename__ = "credits"
    __table_args__ = (UniqueConstraint("post_id", "author_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
    role: Mapped[str] = mapped_column(String(20))
    share: Mapped[int | None]
    serial: Mapped[int] = mapped_column(default=lambda: next(SERIAL))

    post: Mapped["Post"] = relationship(back_populates="credits")
    author: Mapped[Author] = relationship(back_populates="credits")


class Tag(Base):
    __tablename__ = "tags"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    hidden: Mapped[bool] = mapped_column(default=False)

    posts: Mapped[list["Post"]] = relationship(back_populates="tags", secondary=post_tags)
    loose_posts: Mapped[set["Post"]] = relationship(back_populates="loose", secondary=loose_tags)


class Post(Base):
    __tablename__ = "posts"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(unique=True)
    main_tag_id: Mapped[int | None] = mapped_column(ForeignKey("tags.id"))

    main_tag: Mapped[Tag | None] = relationship()
    tags: Mapped[list[Tag]] = relationship(back_populates="posts", secondary=post_tags)
    ordered: Mapped[list[Tag]] = relationship(
        secondary=post_tags, order_by=post_tags.c.place.desc(), overlaps="tags,posts"
    )
    visible: Mapped[list[Tag]] = relationship(
        secondary=post_tags,
        secondaryjoin=lambda: (Tag.id == post_tags.c.tag_id) & ~Tag.hidden,
        overlaps="tags,posts,ordered",
    )
    viewed: Mapped[list[Tag]] = relationship(secondary=post_tags, viewonly=True)
    loose: Mapped[list[Tag]] = relationship(back_populates="loose_posts", secondary=loose_tags)
    written: WriteOnlyMapped["Tag"] = relationship(
        secondary=post_tags, passive_deletes=True, overlaps="tags,posts,ordered,visible"
    )
    asked: DynamicMapped["Tag"] = relationship(
        secondary=post_tags, overlaps="tags,posts,ordered,visible,written"
    )
    credits: Mapped[list[Credit]] = relationship(back_populates="post")
    authors: AssociationProxy[list[Author]] = association_proxy("credits", "author")
    credited: Mapped[list[Author]] = relationship(secondary="credits", viewonly=True)
    names: AssociationProxy[list[str]] = association_proxy("tags", "name")
    comments: Mapped[list["Comment"]] = relationship(back_populates="post", foreign_keys="Comment.post_id")
    honest: Mapped[list["Comment"]] = relationship(
        primaryjoin="and_(Post.id == Comment.post_id, ~Comment.spam)", overlaps="comments,post"
    )
    notes: Mapped[list["Note"]] = relationship(back_populates="post", order_by="Note.text")
    parts: Mapped[dict[str, "Part"]] = relationship(
        collection_class=attribute_keyed_dict("name"), cascade="all, delete-orphan"
    )
    seats: Mapped[list["Seat"]] = relationship(back_populates="posts", secondary=seat_posts)


class Comment(Base):
    """A foreign key that may be NULL."""

    __tablename__ = "comments"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    spam: Mapped[bool] = mapped_column(default=False)
    post_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("comments.id"))

    post: Mapped[Post | None] = relationship(back_populates="comments", foreign_keys=[post_id])
    parent: Mapped["Comment | None"] = relationship(back_populates="replies", remote_side=[id])
    replies: Mapped[list["Comment"]] = relationship(back_populates="parent")


class Note(Base):
    """A foreign key that cannot be NULL, and an order."""

    __tablename__ = "notes"
    __table_args__ = (UniqueConstraint("post_id", "text"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))

    post: Mapped[Post] = relationship(back_populates="notes")


class Part(Base):
    __tablename__ = "parts"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    post_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id"))


class Recipe(Base):
    __tablename__ = "recipes"

    id: Mapped[int] = mapped_column(primary_key=True)

    steps: Mapped[list["Step"]] = relationship(order_by="Step.place", collection_class=ordering_list("place"))


class Step(Base):
    """What a collection numbers."""

    __tablename__ = "steps"

    id: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[int | None]
    recipe_id: Mapped[int | None] = mapped_column(ForeignKey("recipes.id"))


box_things = Table(
    "box_things",
    Base.metadata,
    Column("box_id", ForeignKey("boxes.id"), primary_key=True),
    Column("thing_id", ForeignKey("things.id"), primary_key=True),
)


class Thing(Base):
    """A hierarchy, of which a relation leads to a part."""

    __tablename__ = "things"
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "thing"}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))


class Jewel(Thing):
    __mapper_args__ = {"polymorphic_identity": "jewel"}  # noqa: RUF012


class Lamp(Thing):
    """One with a table of its own."""

    __tablename__ = "lamps"
    __mapper_args__ = {"polymorphic_identity": "lamp"}  # noqa: RUF012

    id: Mapped[int] = mapped_column(ForeignKey("things.id"), primary_key=True)


class Box(Base):
    __tablename__ = "boxes"

    id: Mapped[int] = mapped_column(primary_key=True)

    things: Mapped[list[Thing]] = relationship(secondary=box_things)
    jewels: Mapped[list[Jewel]] = relationship(secondary=box_things, overlaps="things")
    lamps: Mapped[list[Lamp]] = relationship(
        secondary=box_things,
        secondaryjoin=lambda: Lamp.id == box_things.c.thing_id,
        foreign_keys=[box_things.c.box_id, box_things.c.thing_id],
        overlaps="things,jewels",
    )


page_words = Table(
    "page_words",
    Base.metadata,
    Column("page_id", ForeignKey("pages.id"), primary_key=True),
    Column("slug", ForeignKey("words.slug"), primary_key=True),
)


class Word(Base):
    """What is referred to by another column than its key."""

    __tablename__ = "words"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(20), unique=True)


class Page(Base):
    __tablename__ = "pages"

    id: Mapped[int] = mapped_column(primary_key=True)

    words: Mapped[list[Word]] = relationship(secondary=page_words)


team_members = Table(
    "team_members",
    Base.metadata,
    Column("firm", Integer, primary_key=True),
    Column("team_id", Integer, primary_key=True),
    Column("member_id", Integer, primary_key=True),
    ForeignKeyConstraint(["firm", "team_id"], ["teams.firm", "teams.id"]),
    ForeignKeyConstraint(["firm", "member_id"], ["members.firm", "members.id"]),
)
"""One column refers to both ends."""


class Team(Base):
    __tablename__ = "teams"

    firm: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(primary_key=True)

    members: Mapped[list["Member"]] = relationship(secondary=team_members, back_populates="teams")


class Member(Base):
    __tablename__ = "members"

    firm: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(primary_key=True)

    teams: Mapped[list[Team]] = relationship(secondary=team_members, back_populates="members")


class Seat(Base):
    """A composite key, on both kinds of relations."""

    __tablename__ = "seats"

    row: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)

    posts: Mapped[list[Post]] = relationship(back_populates="seats", secondary=seat_posts)
    tickets: Mapped[list["Ticket"]] = relationship(back_populates="seat")


class Ticket(Base):
    __tablename__ = "tickets"
    __table_args__ = (ForeignKeyConstraint(["seat_row", "seat_number"], ["seats.row", "seats.number"]),)

    id: Mapped[int] = mapped_column(primary_key=True)
    seat_row: Mapped[str | None]
    seat_number: Mapped[int | None]

    seat: Mapped[Seat | None] = relationship(back_populates="tickets")
