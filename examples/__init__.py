"""Applications built on django_like_repos."""
