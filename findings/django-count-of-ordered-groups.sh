#!/usr/bin/env bash
# Django counts fewer groups than it reads when they are ordered by a field that is not theirs.
#
# Versions: django 5.2.19, Python 3.11.7 with SQLite 3.40.1.
#
# Expected: count() of a queryset is the number of rows that reading it gives. That a field of order_by()
# takes part in the grouping is documented; then it has to do so in both.
#
# Instead: count() drops the ordering and its field from GROUP BY with it. A paginator, which goes by
# count(), never reaches the last rows.
#
# Output:
#   read: [{'genre': 'novel', 'books': 1}, {'genre': 'novel', 'books': 1}, {'genre': 'play', 'books': 1}]
#   len: 3
#   count: 2
#   pages of two: [2]
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --quiet "django==5.2.19"

venv/bin/python -I - <<'PYTHON'
import sys

import django
from django.conf import settings
from django.core.paginator import Paginator
from django.db import connection, models

settings.configure(DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}})
django.setup()


class Book(models.Model):
    genre = models.CharField(max_length=20)
    title = models.CharField(max_length=20)

    class Meta:
        app_label = "library"


with connection.schema_editor() as editor:
    editor.create_model(Book)
for genre, title in [("novel", "a"), ("novel", "b"), ("play", "c")]:
    Book.objects.create(genre=genre, title=title)

groups = Book.objects.values("genre").annotate(books=models.Count("id")).order_by("title")
rows = list(groups.all())
count = groups.all().count()
pages = [len(page.object_list) for page in Paginator(groups.all(), 2)]

print("read:", rows)
print("len:", len(rows))
print("count:", count)
print("pages of two:", pages)
sys.exit(0 if (len(rows), count, pages) == (3, 2, [2]) else "changed")
PYTHON
