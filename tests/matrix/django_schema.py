"""The box and the specimens of `schema.py` once more, mapped by Django on tables that Django makes."""

# Django has no type annotations.
# mypy: disable-error-code="misc"

import sys
from typing import Any

from django.apps import AppConfig
from django.apps.registry import Apps
from django.db import models

from tests.matrix.schema import Color

# Importing it sets Django up, which can be done once; these models know only each other.
from tests.parity import django_schema as django_schema

REGISTRY = Apps([AppConfig("matrix", sys.modules[__name__])])


class NaiveDateTimeField(models.DateTimeField):
    """A timestamp without time zone on PostgreSQL too. To be used where USE_TZ is off."""

    def db_type(self, connection: Any) -> Any:
        return "timestamp" if connection.vendor == "postgresql" else super().db_type(connection)


class Typed(models.Model):
    text = models.TextField(null=True)
    char = models.CharField(null=True, max_length=12)
    integer = models.IntegerField(null=True)
    small = models.SmallIntegerField(null=True)
    big = models.BigIntegerField(null=True)
    boolean = models.BooleanField(null=True)
    float = models.FloatField(null=True)
    decimal = models.DecimalField(null=True, max_digits=12, decimal_places=3)
    date = models.DateField(null=True)
    naive = NaiveDateTimeField(null=True)
    aware = models.DateTimeField(null=True)
    time = models.TimeField(null=True)
    duration = models.DurationField(null=True)
    uuid = models.UUIDField(null=True)
    binary = models.BinaryField(null=True)
    json = models.JSONField(null=True)
    color = models.CharField(null=True, max_length=12, choices=[(color, color) for color in Color])

    class Meta:
        abstract = True
        app_label = "matrix"
        apps = REGISTRY


class Box(Typed):
    id = models.AutoField(primary_key=True)

    class Meta(Typed.Meta):
        db_table = "django_boxes"


class Specimen(Typed):
    id = models.AutoField(primary_key=True)
    box = models.ForeignKey(Box, models.CASCADE, null=True, related_name="specimens")

    class Meta(Typed.Meta):
        db_table = "django_specimens"


MODELS: tuple[Any, ...] = (Box, Specimen)
