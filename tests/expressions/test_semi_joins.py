"""To-many relations that only filter: looked into, where nothing else of them is read."""

from tests.expressions.asking import Make
from tests.parity.schema import Country

APART: dict[str, tuple[Make, str]] = {
    "models": (
        lambda q: q(Country).filter(authors__born__gt=1900).order_by("id"),
        "SELECT countries.id, countries.name, countries.code FROM countries WHERE countries.id IN "
        "(SELECT authors_1.country_id FROM authors AS authors_1 WHERE authors_1.born > ?) "
        "ORDER BY countries.id ASC",
    ),
}
