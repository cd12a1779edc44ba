"""The library of `schema.py` once more, mapped by Django on the same tables."""

# Django has no type annotations.
# mypy: disable-error-code="misc"

import sys
from typing import Any

from django.db import models

from tests.installing import install

install("library", sys.modules[__name__])


class Model(models.Model):
    class Meta:
        abstract = True
        app_label = "library"
        managed = False


class Country(Model):
    name = models.TextField()
    code = models.TextField(null=True)

    class Meta(Model.Meta):
        db_table = "countries"


class Author(Model):
    name = models.TextField()
    born = models.IntegerField(null=True)
    country = models.ForeignKey(Country, models.CASCADE, null=True, related_name="authors")
    mentor = models.ForeignKey("self", models.CASCADE, null=True, related_name="pupils")
    influences = models.ManyToManyField(
        "self", symmetrical=False, related_name="influenced", db_table="author_influences"
    )

    class Meta(Model.Meta):
        db_table = "authors"


class Profile(Model):
    bio = models.TextField(null=True)
    site = models.TextField(null=True)
    author = models.OneToOneField(Author, models.CASCADE, related_name="profile")

    class Meta(Model.Meta):
        db_table = "profiles"


class Publisher(Model):
    name = models.TextField()
    city = models.TextField(null=True)
    country = models.ForeignKey(Country, models.CASCADE, related_name="publishers")

    class Meta(Model.Meta):
        db_table = "publishers"


class Category(Model):
    name = models.TextField()
    rank = models.IntegerField(null=True)
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="children")

    class Meta(Model.Meta):
        db_table = "categories"


class Tag(Model):
    name = models.TextField()
    note = models.TextField(null=True)
    weight = models.IntegerField(null=True)

    class Meta(Model.Meta):
        db_table = "tags"


class Book(Model):
    title = models.TextField()
    subtitle = models.TextField(null=True)
    pages = models.IntegerField()
    price = models.IntegerField(null=True)
    in_print = models.BooleanField()
    published_on = models.DateField(null=True)
    author = models.ForeignKey(Author, models.CASCADE, related_name="books")
    editor = models.ForeignKey(Author, models.CASCADE, null=True, related_name="edited_books")
    publisher = models.ForeignKey(Publisher, models.CASCADE, null=True, related_name="books")
    category = models.ForeignKey(Category, models.CASCADE, null=True, related_name="books")
    tags = models.ManyToManyField(Tag, related_name="books", db_table="book_tags")
    contributors = models.ManyToManyField(Author, related_name="contributed", through="Contribution")

    class Meta(Model.Meta):
        db_table = "books"


class Review(Model):
    rating = models.IntegerField()
    score = models.IntegerField(null=True)
    text = models.TextField(null=True)
    book = models.ForeignKey(Book, models.CASCADE, related_name="reviews")
    reviewer = models.ForeignKey(Author, models.CASCADE, null=True, related_name="reviews")

    class Meta(Model.Meta):
        db_table = "reviews"


class Contribution(Model):
    role = models.TextField()
    share = models.IntegerField(null=True)
    book = models.ForeignKey(Book, models.CASCADE, related_name="contributions")
    author = models.ForeignKey(Author, models.CASCADE, related_name="contributions")

    class Meta(Model.Meta):
        db_table = "contributions"


class Edition(Model):
    isbn = models.TextField()
    released_at = models.DateTimeField(null=True)
    opens = models.TimeField(null=True)
    price = models.DecimalField(null=True, max_digits=8, decimal_places=2)
    weight = models.FloatField(null=True)
    spec = models.JSONField(null=True)
    note = models.TextField()
    ratio = models.IntegerField()
    copies = models.IntegerField(null=True)
    book = models.ForeignKey(Book, models.CASCADE, related_name="editions")

    class Meta(Model.Meta):
        db_table = "editions"


class Loan(Model):
    state = models.CharField(max_length=12)
    was = models.CharField(max_length=12, null=True)
    fee = models.DecimalField(max_digits=8, decimal_places=2)
    deposit = models.DecimalField(null=True, max_digits=9, decimal_places=3)
    days = models.IntegerField(null=True)
    book = models.ForeignKey(Book, models.CASCADE, related_name="loans")

    class Meta(Model.Meta):
        db_table = "loans"


MODELS: tuple[Any, ...] = (
    Country,
    Author,
    Profile,
    Publisher,
    Category,
    Tag,
    Book,
    Review,
    Contribution,
    Edition,
    Loan,
)
