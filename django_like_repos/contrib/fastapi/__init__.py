"""FastAPI, where ``Depends()`` on a repository class is not enough."""

from django_like_repos.contrib.fastapi.filtering import filter_params as filter_params
from django_like_repos.contrib.fastapi.paging import CursorParams as CursorParams
from django_like_repos.contrib.fastapi.paging import PageParams as PageParams
from django_like_repos.contrib.fastapi.paging import cursor_params as cursor_params
from django_like_repos.contrib.fastapi.paging import page_params as page_params
from django_like_repos.contrib.fastapi.places import ReadYourWrites as ReadYourWrites
from django_like_repos.contrib.fastapi.places import reads_from as reads_from
from django_like_repos.contrib.fastapi.providing import provide as provide
