"""What clients may ask of a model, declared: ``FilterSet``, a pydantic model that ``filter_by()`` takes."""

from django_like_repos.contrib.filters.filterset import FilterSet as FilterSet
from django_like_repos.contrib.filters.lookups import Lookup as Lookup
from django_like_repos.contrib.filters.methods import parameter as parameter
from django_like_repos.contrib.filters.nesting import Nested as Nested
from django_like_repos.contrib.filters.ordering import Ordering as Ordering
from django_like_repos.contrib.filters.search import Search as Search
