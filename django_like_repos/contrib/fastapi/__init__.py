"""FastAPI, where ``Depends()`` on a repository class is not enough."""

from django_like_repos.contrib.fastapi.bodies import json_response as json_response
from django_like_repos.contrib.fastapi.filtering import filter_params as filter_params
from django_like_repos.contrib.fastapi.handlers import add_handlers as add_handlers
from django_like_repos.contrib.fastapi.injected import Injected as Injected
from django_like_repos.contrib.fastapi.injected import dependency_of as dependency_of
from django_like_repos.contrib.fastapi.installing import install as install
from django_like_repos.contrib.fastapi.objects import get_or_404 as get_or_404
from django_like_repos.contrib.fastapi.objects import path_object as path_object
from django_like_repos.contrib.fastapi.paging import CursorParams as CursorParams
from django_like_repos.contrib.fastapi.paging import PageParams as PageParams
from django_like_repos.contrib.fastapi.paging import cursor_params as cursor_params
from django_like_repos.contrib.fastapi.paging import page_params as page_params
from django_like_repos.contrib.fastapi.places import ReadYourWrites as ReadYourWrites
from django_like_repos.contrib.fastapi.places import reads_from as reads_from
from django_like_repos.contrib.fastapi.providing import provide as provide
from django_like_repos.contrib.fastapi.scopes import session_scope as session_scope
from django_like_repos.injection import session_of as session_of
