"""The shop, as Django maps it."""

# Django has no type annotations.
# mypy: disable-error-code="misc"

from typing import Any

from django.db import models

from benchmarks.suite.django_orm import LABEL


def _meta(table: str) -> type[Any]:
    return type("Meta", (), {"app_label": LABEL, "db_table": table, "managed": False})


class Region(models.Model):
    name = models.TextField()
    Meta = _meta("regions")


class Tag(models.Model):
    name = models.TextField()
    Meta = _meta("tags")


class Customer(models.Model):
    name = models.TextField()
    region = models.ForeignKey(Region, models.CASCADE, related_name="customers")
    tags = models.ManyToManyField(Tag, through="CustomerTag", related_name="customers")
    Meta = _meta("customers")


class CustomerTag(models.Model):
    pk = models.CompositePrimaryKey("customer", "tag")
    customer = models.ForeignKey(Customer, models.CASCADE)
    tag = models.ForeignKey(Tag, models.CASCADE)
    Meta = _meta("customer_tags")


class Status(models.Model):
    name = models.TextField()
    Meta = _meta("statuses")


class Invoice(models.Model):
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="invoices")
    status = models.ForeignKey(Status, models.CASCADE, related_name="invoices")
    created = models.DateTimeField()
    total = models.DecimalField(max_digits=10, decimal_places=2)
    Meta = _meta("invoices")


class Product(models.Model):
    name = models.TextField()
    kind = models.TextField()
    Meta = _meta("products")


class Line(models.Model):
    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, models.CASCADE, related_name="lines")
    quantity = models.IntegerField()
    Meta = _meta("lines")
