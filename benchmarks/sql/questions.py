"""What is asked of the shop: of ours and of Django by the same words, of an expert in SQL."""

from collections.abc import Callable, Mapping
from datetime import date
from types import SimpleNamespace
from typing import Any, Final, NamedTuple

import django_like_repos as ours
from benchmarks.sql import shop
from django_like_repos import functions


class Words(NamedTuple):
    """What one side says questions with: its models' querysets, its expressions and its functions."""

    q: Callable[[str], Any]
    """All rows of a model, by its name."""
    x: Any
    """Its expressions: F, Q, Count …"""
    f: Any
    """Its functions."""


class Question(NamedTuple):
    name: str
    said: Callable[[Words], Any]
    """The chain, to be read as a list of rows."""
    expert: str | Mapping[str, str]
    """In SQL, of each database if they differ."""
    ordered: bool = True
    """Whether the order of the rows is asked for; else they are compared as a set."""
    by_django: Callable[[Words], Any] | None = None
    """What Django has no such words for, as it is said there."""


OURS: Final = Words(
    lambda name: ours.QuerySet(getattr(shop, name)),
    SimpleNamespace(
        **{
            name: getattr(ours, name)
            for name in ("F", "Q", "Count", "Sum", "Max", "Exists", "OuterRef", "Subquery", "Window")
        }
    ),
    functions,
)
_DAY: Final = date(2025, 6, 1)

QUESTIONS: Final = (
    Question(
        "top 3 of each customer, by a window",
        lambda w: (
            w.q("Invoice")
            .annotate(n=w.x.Window(w.f.RowNumber(), partition_by=["customer"], order_by=["-created", "id"]))
            .filter(n__lte=3)
            .values_list("id", "n")
        ),
        "SELECT id, n FROM (SELECT id, row_number() OVER "
        "(PARTITION BY customer_id ORDER BY created DESC, id) AS n FROM invoices) AS i WHERE n <= 3",
        ordered=False,
    ),
    Question(
        "the newest of each status, by distinct()",
        lambda w: (
            w.q("Invoice").order_by("status", "-created", "id").distinct("status").values_list("id", "total")
        ),
        "SELECT id, total FROM (SELECT id, total, status_id, row_number() OVER "
        "(PARTITION BY status_id ORDER BY created DESC, id) AS n FROM invoices) AS i "
        "WHERE n = 1 ORDER BY status_id",
    ),
    Question(
        "customers with a tag",
        lambda w: w.q("Customer").filter(tags=7).order_by("id").values_list("id", flat=True),
        "SELECT customer_id FROM customer_tags WHERE tag_id = 7 ORDER BY customer_id",
    ),
    Question(
        "how many have one of three tags",
        lambda w: w.q("Customer").filter(tags__in=[7, 8, 9]).values("id").distinct(),
        "SELECT DISTINCT customer_id FROM customer_tags WHERE tag_id IN (7, 8, 9)",
        ordered=False,
    ),
    Question(
        "customers without a tag",
        lambda w: w.q("Customer").filter(tags__isnull=True).order_by("id").values_list("id", "name"),
        "SELECT id, name FROM customers AS c WHERE NOT EXISTS "
        "(SELECT 1 FROM customer_tags WHERE customer_id = c.id) ORDER BY id",
    ),
    Question(
        "tags with the number of their customers",
        lambda w: w.q("Tag").annotate(n=w.x.Count("customers")).order_by("id").values_list("name", "n"),
        "SELECT name, (SELECT count(*) FROM customer_tags WHERE tag_id = t.id) FROM tags AS t ORDER BY id",
    ),
    Question(
        "regions with the number of their invoices",
        lambda w: (
            w.q("Invoice")
            .values("customer__region__name")
            .annotate(n=w.x.Count("id"))
            .order_by("customer__region__name")
            .values_list("customer__region__name", "n")
        ),
        "SELECT r.name, sum(n) FROM (SELECT region_id, count(*) AS n FROM invoices AS i "
        "JOIN customers AS c ON c.id = i.customer_id GROUP BY region_id) AS g "
        "JOIN regions AS r ON r.id = g.region_id GROUP BY r.name ORDER BY r.name",
    ),
    Question(
        "statuses with the number of their invoices",
        lambda w: (
            w.q("Invoice")
            .values("status__name")
            .annotate(n=w.x.Count("id"))
            .order_by("status__name")
            .values_list("status__name", "n")
        ),
        "SELECT s.name, sum(n) FROM (SELECT status_id, count(*) AS n FROM invoices GROUP BY status_id) AS g "
        "JOIN statuses AS s ON s.id = g.status_id GROUP BY s.name ORDER BY s.name",
    ),
    Question(
        "customers with a large invoice, all of them",
        lambda w: w.q("Customer").filter(invoices__total__gt=990).distinct().values_list("id", "name"),
        "SELECT id, name FROM customers WHERE id IN (SELECT customer_id FROM invoices WHERE total > 990)",
        ordered=False,
    ),
    Question(
        "the same, a first page",
        lambda w: (
            w.q("Customer")
            .filter(invoices__total__gt=990)
            .distinct()
            .order_by("name", "id")
            .values_list("name", "id")[:20]
        ),
        "SELECT name, id FROM customers AS c WHERE EXISTS "
        "(SELECT 1 FROM invoices WHERE customer_id = c.id AND total > 990) ORDER BY name, id LIMIT 20",
    ),
    Question(
        "customers without a small invoice",
        lambda w: w.q("Customer").exclude(invoices__total__lt=100).values_list("id", flat=True),
        "SELECT id FROM customers AS c WHERE NOT EXISTS "
        "(SELECT 1 FROM invoices WHERE customer_id = c.id AND total < 100)",
        ordered=False,
    ),
    Question(
        "invoices of a year",
        lambda w: w.q("Invoice").filter(created__year=2025, status=1).values_list("id", flat=True),
        {
            "postgresql": "SELECT id FROM invoices WHERE created >= '2025-01-01 00:00+00' "
            "AND created < '2026-01-01 00:00+00' AND status_id = 1",
            "sqlite": "SELECT id FROM invoices WHERE created >= '2025-01-01' AND created < '2026-01-01' "
            "AND status_id = 1",
        },
        ordered=False,
    ),
    Question(
        "invoices of a day",
        lambda w: w.q("Invoice").filter(created__date=_DAY).values_list("id", flat=True),
        {
            "postgresql": "SELECT id FROM invoices WHERE created >= '2025-06-01 00:00+00' "
            "AND created < '2025-06-02 00:00+00'",
            "sqlite": "SELECT id FROM invoices WHERE created >= '2025-06-01' AND created < '2025-06-02'",
        },
        ordered=False,
    ),
    Question(
        "twenty by a part of their name",
        lambda w: (
            w.q("Customer").filter(name__icontains="ER 29").order_by("id").values_list("id", "name")[:20]
        ),
        {
            "postgresql": "SELECT id, name FROM customers WHERE name ILIKE '%ER 29%' ORDER BY id LIMIT 20",
            "sqlite": "SELECT id, name FROM customers WHERE name LIKE '%ER 29%' ORDER BY id LIMIT 20",
        },
    ),
    Question(
        "the newest of a region",
        lambda w: (
            w.q("Invoice")
            .filter(customer__region__name="region 7")
            .order_by("-created", "id")
            .values_list("id", "total")[:20]
        ),
        "SELECT i.id, i.total FROM invoices AS i JOIN customers AS c ON c.id = i.customer_id "
        "JOIN regions AS r ON r.id = c.region_id WHERE r.name = 'region 7' "
        "ORDER BY i.created DESC, i.id LIMIT 20",
    ),
    Question(
        "pieces of a kind of products",
        lambda w: (
            w.q("Line")
            .filter(product__kind="kind 7")
            .values("product__name")
            .annotate(n=w.x.Sum("quantity"))
            .order_by("product__name")
            .values_list("product__name", "n")
        ),
        "SELECT p.name, sum(l.quantity) FROM lines AS l JOIN products AS p ON p.id = l.product_id "
        "WHERE p.kind = 'kind 7' GROUP BY p.name ORDER BY p.name",
    ),
    Question(
        "customers of a region with their newest total",
        lambda w: (
            w.q("Customer")
            .filter(region=7)
            .annotate(
                last=w.x.Subquery(
                    w.q("Invoice")
                    .filter(customer=w.x.OuterRef("pk"))
                    .order_by("-created", "id")
                    .values("total")[:1]
                )
            )
            .order_by("id")
            .values_list("id", "last")
        ),
        "SELECT id, (SELECT total FROM invoices WHERE customer_id = c.id ORDER BY created DESC, id LIMIT 1) "
        "FROM customers AS c WHERE region_id = 7 ORDER BY id",
    ),
    Question(
        "regions in which somebody has a large invoice",
        lambda w: (
            w.q("Customer")
            .filter(invoices__total__gt=999)
            .values_list("region__name", flat=True)
            .distinct()
            .order_by("region__name")
        ),
        "SELECT DISTINCT r.name FROM regions AS r JOIN customers AS c ON c.region_id = r.id "
        "JOIN invoices AS i ON i.customer_id = c.id WHERE i.total > 999 ORDER BY r.name",
    ),
    Question(
        "invoices with a line of a product",
        lambda w: (
            w.q("Invoice").filter(lines__product=7).distinct().order_by("id").values_list("id", flat=True)
        ),
        "SELECT DISTINCT invoice_id FROM lines WHERE product_id = 7 ORDER BY invoice_id",
    ),
    Question(
        "customers with an invoice of a status, by exists()",
        lambda w: (
            w.q("Customer")
            .filter(w.x.Exists(w.q("Invoice").filter(customer=w.x.OuterRef("pk"), status=3)))
            .order_by("id")
            .values_list("id", flat=True)[:100]
        ),
        "SELECT id FROM customers AS c WHERE EXISTS "
        "(SELECT 1 FROM invoices WHERE customer_id = c.id AND status_id = 3) ORDER BY id LIMIT 100",
    ),
)
