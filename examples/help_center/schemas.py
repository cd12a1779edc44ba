"""What the web app takes and gives."""

from typing import Annotated

from pydantic import AliasPath, BaseModel, ConfigDict, Field, StringConstraints

from django_like_repos.contrib.filters import FilterSet, Lookup
from examples.help_center.models import Section

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class SectionFilter(FilterSet[Section]):
    """A query string. What it does not know is an error: a mistyped name must not widen an update."""

    name: Annotated[
        str,
        Lookup("name__icontains"),
        Field(min_length=1, description="a part of the name, in any case", examples=["account"]),
    ]
    status: Annotated[
        str,
        Lookup("status__code"),
        Field(min_length=1, description="the status's code", examples=["published"]),
    ]


class NewSection(BaseModel):
    name: Name
    status: str = Field("unpublished", description="the status's code")


class SectionChange(BaseModel):
    status: str = Field(description="the status's code")


class Changed(BaseModel):
    ids: list[int]


class Output(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class SectionOut(Output):
    id: int
    name: str
    status: str = Field(validation_alias=AliasPath("status", "code"))


class SubsectionOut(Output):
    id: int
    name: str


class SectionDetails(SectionOut):
    subsections: list[SubsectionOut]


class SectionList(Output):
    total: int
    sections: list[SectionOut]


class ArticleOut(Output):
    section: str = Field(validation_alias=AliasPath("subsection", "section", "name"))
    subsection: str = Field(validation_alias=AliasPath("subsection", "name"))
    kind: str = Field(validation_alias=AliasPath("widget", "code"))
    subtitle: str
    text: str
