"""Django, set up for whoever maps tables by it: each an application of its own, whichever comes first."""

# Django has no type annotations.
# mypy: disable-error-code="misc"

from types import ModuleType
from typing import Any

import django
from django.apps import AppConfig, apps
from django.conf import settings


def install(label: str, module: ModuleType) -> None:
    """Makes a module, whose models say that label, one of Django's applications."""
    config: Any = AppConfig(label, module)
    if settings.configured:
        apps.set_installed_apps([*apps.get_app_configs(), config])
        return
    settings.configure(
        USE_TZ=True,
        TIME_ZONE="UTC",
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        INSTALLED_APPS=[config],
    )
    django.setup()
