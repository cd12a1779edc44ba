"""More of what is asked of the shop: its reports, pages and exports."""

from datetime import UTC, datetime
from typing import Any, Final

from benchmarks.sql.questions import Question, Words

_MARCH: Final = (datetime(2025, 3, 1, tzinfo=UTC), datetime(2025, 4, 1, tzinfo=UTC))
_PLACE: Final = datetime(2025, 6, 1, 12, 0, 30, tzinfo=UTC)
"""Between two invoices, since these are of whole minutes."""
_KEYS: Final = [*range(7, 100_000, 100)]


def _numbers(w: Words, customers: Any) -> Any:
    return customers.annotate(
        n=w.x.Count("invoices", subquery=True),
        most=w.x.Max("invoices__total", subquery=True),
        pieces=w.x.Sum("invoices__lines__quantity", subquery=True),
        known=w.x.Count("tags", subquery=True),
    ).values_list("id", "n", "most", "pieces", "known")


def _numbers_of_django(w: Words, customers: Any) -> Any:
    def of(model: str, owner: str, aggregate: Any) -> Any:
        mine = w.q(model).filter(**{owner: w.x.OuterRef("pk")}).order_by().values(owner)
        return w.x.Subquery(mine.annotate(of=aggregate).values("of"))

    return customers.annotate(
        n=w.f.Coalesce(of("Invoice", "customer", w.x.Count("pk")), 0),
        most=of("Invoice", "customer", w.x.Max("total")),
        pieces=of("Line", "invoice__customer", w.x.Sum("quantity")),
        known=w.f.Coalesce(of("CustomerTag", "customer", w.x.Count("tag")), 0),
    ).values_list("id", "n", "most", "pieces", "known")


_LATERAL: Final = (
    "SELECT c.id, i.n, i.most, l.pieces, t.known FROM {customers} AS c, "
    "LATERAL (SELECT count(*) AS n, max(total) AS most FROM invoices WHERE customer_id = c.id) AS i, "
    "LATERAL (SELECT sum(quantity) AS pieces FROM invoices AS j JOIN lines ON invoice_id = j.id "
    "WHERE customer_id = c.id) AS l, "
    "LATERAL (SELECT count(*) AS known FROM customer_tags WHERE customer_id = c.id) AS t ORDER BY {order}"
)
_SCALARS: Final = (
    "SELECT id, (SELECT count(*) FROM invoices WHERE customer_id = c.id), "
    "(SELECT max(total) FROM invoices WHERE customer_id = c.id), "
    "(SELECT sum(quantity) FROM invoices AS j JOIN lines ON invoice_id = j.id WHERE customer_id = c.id), "
    "(SELECT count(*) FROM customer_tags WHERE customer_id = c.id) FROM {customers} AS c ORDER BY {order}"
)


def _by_expert(customers: str, order: str) -> dict[str, str]:
    return {
        "postgresql": _LATERAL.format(customers=customers, order=order),
        "sqlite": _SCALARS.format(customers=customers, order=order),
    }


REPORTS: Final = (
    Question(
        "four numbers of each customer of a region",
        lambda w: _numbers(w, w.q("Customer").filter(region=7).order_by("id")),
        _by_expert("(SELECT * FROM customers WHERE region_id = 7)", "id"),
        by_django=lambda w: _numbers_of_django(w, w.q("Customer").filter(region=7).order_by("id")),
    ),
    Question(
        "the same, a first page of all",
        lambda w: _numbers(w, w.q("Customer").order_by("name", "id"))[:20],
        _by_expert("(SELECT * FROM customers ORDER BY name, id LIMIT 20)", "name, id"),
        by_django=lambda w: _numbers_of_django(w, w.q("Customer").order_by("name", "id"))[:20],
    ),
    Question(
        "the twenty with the most invoices",
        lambda w: (
            w.q("Customer")
            .annotate(n=w.x.Count("invoices"))
            .order_by("-n", "id")
            .values_list("id", "name", "n")[:20]
        ),
        "SELECT c.id, c.name, g.n FROM (SELECT customer_id, count(*) AS n FROM invoices "
        "GROUP BY customer_id ORDER BY n DESC, customer_id LIMIT 20) AS g "
        "JOIN customers AS c ON c.id = g.customer_id ORDER BY g.n DESC, c.id",
    ),
    Question(
        "invoices of each month",
        lambda w: (
            w.q("Invoice")
            .values("created__year", "created__month")
            .annotate(n=w.x.Count("id"), most=w.x.Max("total"))
            .order_by("created__year", "created__month")
            .values_list("created__year", "created__month", "n", "most")
        ),
        {
            "postgresql": "SELECT extract(year FROM created AT TIME ZONE 'UTC')::int AS y, "
            "extract(month FROM created AT TIME ZONE 'UTC')::int AS m, count(*), max(total) "
            "FROM invoices GROUP BY y, m ORDER BY y, m",
            "sqlite": "SELECT CAST(substr(created, 1, 4) AS INTEGER) AS y, "
            "CAST(substr(created, 6, 2) AS INTEGER) AS m, count(*), max(total) "
            "FROM invoices GROUP BY y, m ORDER BY y, m",
        },
    ),
    Question(
        "two statuses of each region, side by side",
        lambda w: (
            w.q("Invoice")
            .values("customer__region")
            .annotate(
                all=w.x.Count("id"),
                open=w.x.Count("id", filter=w.x.Q(status=1)),
                paid=w.x.Count("id", filter=w.x.Q(status=2)),
            )
            .order_by("customer__region")
            .values_list("customer__region", "all", "open", "paid")
        ),
        "SELECT region_id, sum(n), sum(o), sum(p) FROM (SELECT customer_id, count(*) AS n, "
        "count(*) FILTER (WHERE status_id = 1) AS o, count(*) FILTER (WHERE status_id = 2) AS p "
        "FROM invoices GROUP BY customer_id) AS g JOIN customers AS c ON c.id = g.customer_id "
        "GROUP BY region_id ORDER BY region_id",
    ),
    Question(
        "a page beyond a place, by keyset",
        lambda w: (
            w.q("Invoice")
            .filter(w.x.Q(created__lt=_PLACE) | w.x.Q(created=_PLACE, id__lt=1000))
            .order_by("-created", "-id")
            .values_list("id", "total")[:20]
        ),
        {
            "postgresql": "SELECT id, total FROM invoices "
            "WHERE (created, id) < ('2025-06-01 12:00:30+00', 1000) ORDER BY created DESC, id DESC LIMIT 20",
            "sqlite": "SELECT id, total FROM invoices "
            "WHERE (created, id) < ('2025-06-01 12:00:30', 1000) ORDER BY created DESC, id DESC LIMIT 20",
        },
    ),
    Question(
        "a thousand by their keys",
        lambda w: w.q("Invoice").filter(id__in=_KEYS).order_by("id").values_list("id", "total"),
        f"SELECT id, total FROM invoices WHERE id IN ({', '.join(map(str, _KEYS))}) ORDER BY id",
    ),
    Question(
        "the newest three of twenty customers",
        lambda w: (
            w.q("Invoice")
            .filter(customer__in=[*range(1, 21)])
            .annotate(n=w.x.Window(w.f.RowNumber(), partition_by=["customer"], order_by=["-created", "id"]))
            .filter(n__lte=3)
            .order_by("customer", "n")
            .values_list("customer_id", "id")
        ),
        {
            "postgresql": "SELECT c.id, i.id FROM generate_series(1, 20) AS c(id), LATERAL "
            "(SELECT id, created FROM invoices WHERE customer_id = c.id ORDER BY created DESC, id LIMIT 3) "
            "AS i ORDER BY c.id, i.created DESC, i.id",
            "sqlite": "SELECT customer_id, id FROM (SELECT customer_id, id, row_number() OVER "
            "(PARTITION BY customer_id ORDER BY created DESC, id) AS n FROM invoices "
            "WHERE customer_id BETWEEN 1 AND 20) AS i WHERE n <= 3 ORDER BY customer_id, n",
        },
    ),
    Question(
        "a page of a union",
        lambda w: (
            w.q("Customer")
            .filter(region=7)
            .values_list("name", "id")
            .union(w.q("Customer").filter(tags=7).values_list("name", "id"))
            .order_by("name", "id")[:20]
        ),
        "SELECT name, id FROM customers AS c WHERE region_id = 7 OR EXISTS "
        "(SELECT 1 FROM customer_tags WHERE customer_id = c.id AND tag_id = 7) ORDER BY name, id LIMIT 20",
    ),
    Question(
        "an export of a month",
        lambda w: (
            w.q("Line")
            .filter(invoice__created__gte=_MARCH[0], invoice__created__lt=_MARCH[1])
            .order_by("id")
            .values_list(
                "id", "invoice__customer__name", "invoice__status__name", "product__name", "quantity"
            )
        ),
        {
            database: "SELECT l.id, c.name, s.name, p.name, l.quantity FROM invoices AS i "
            "JOIN lines AS l ON l.invoice_id = i.id JOIN customers AS c ON c.id = i.customer_id "
            "JOIN statuses AS s ON s.id = i.status_id JOIN products AS p ON p.id = l.product_id "
            f"WHERE i.created >= '2025-03-01{zone}' AND i.created < '2025-04-01{zone}' ORDER BY l.id"
            for database, zone in (("postgresql", " 00:00+00"), ("sqlite", ""))
        },
    ),
)
