"""The base classes of dbt-tests-adapter, PostgreSQL's words in them translated.

Fixtures go through `words`; what a translation of words cannot reach is a subclass in `neutral`.
"""

import importlib
import inspect
import pkgutil

import pytest

from tests.adapter_suite import neutral
from tests.adapter_suite.suite import base_classes, class_name

ABSTRACT = "abstract: has no project to test"
SKIPPED = {
    "BaseArrayUtils": ABSTRACT,
    "BaseCachingTest": ABSTRACT,
    "BaseConstraintsColumnsEqual": ABSTRACT,
    "BaseContractSqlHeader": ABSTRACT,
    "BaseDataTypeMacro": ABSTRACT,
    "BaseClonePossible": "the suite asks for one of possible and not; Iceberg cannot clone",
}


def _subclasses() -> dict[str, type]:
    names = [info.name for info in pkgutil.iter_modules(neutral.__path__)]
    modules = [importlib.import_module(f"{neutral.__name__}.{name}") for name in names]
    return {
        name: found
        for module in modules
        for name, found in inspect.getmembers(module, inspect.isclass)
        if found.__module__ == module.__name__ and name.startswith("Base")
    }


_subclassed = _subclasses()
for _found in base_classes():
    _name = class_name(_found)
    _base = _subclassed.get(_found.__name__, _found)
    _class = type(_name, (_base,), {"__module__": __name__})
    if _found.__name__ in SKIPPED:
        _class = pytest.mark.skip(reason=SKIPPED[_found.__name__])(_class)
    globals()[_name] = _class
