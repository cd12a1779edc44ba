"""Functions that make JSON, and that read text from it."""

from typing import Any

from django_like_repos.query.expressions import F, Func, Transform


class JSONObject(Func):
    """A JSON object: ``JSONObject(name="name", year=ExtractYear("created"))``."""

    def __init__(self, /, **fields: Any) -> None:
        self.keys = tuple(fields)
        super().__init__(*fields.values())

    def __repr__(self) -> str:
        fields = zip(self.keys, self.expressions, strict=True)
        return f"JSONObject({', '.join(f'{key}={value!r}' for key, value in fields)})"


class JSONArray(Func):
    """A JSON array; NULL is null in it."""


class KeyTransform(Transform):
    """What stands under a key of JSON, or at an index of it: ``KeyTransform("name", "data__owner")``."""

    def __init__(self, key_name: str | int, expression: Any, **extra: Any) -> None:
        self.key_name = str(key_name)
        super().__init__(expression, **extra)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.key_name!r}, {self.expressions[0]!r})"


class KeyTextTransform(KeyTransform):
    """The text of it: a string of JSON is without its quotes, null is NULL."""


class KT(Transform):
    """The text of what is at a path of keys and indexes: ``KT("data__owner__name")``.

    A string of JSON is without its quotes, null is NULL. Raises ValueError where the path has no key.
    """

    def __init__(self, lookup: str) -> None:
        if "__" not in lookup:
            raise ValueError("Lookup must contain key or index transforms.")
        super().__init__(F(lookup))
        self.lookup = lookup

    def __repr__(self) -> str:
        return f"KT({self.lookup!r})"
