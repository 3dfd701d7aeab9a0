"""Renders values of profiles.yml as dbt does: text with `{{ env_var(…) }}` -> text.

dbt's own renderer takes over a second to import. What profiles mostly hold (texts, `env_var` with
and without a default, `~`) is rendered here, to the same result; everything else, and whatever
could be seen differently, by dbt's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextvars import copy_context
from datetime import date
from typing import Any

ENV_VAR = "env_var"
# pragma: allowlist nextline secret
SECRET_PREFIX = "DBT_ENV_SECRET"  # noqa: S105 - variables that dbt keeps out of its logs
HIDDEN_PREFIX = "DBT_ENV_PRIVATE"  # variables that dbt shows to no profile
_MARK = "<firn:{}:firn>"
_MARKED = re.compile(f"<firn:({SECRET_PREFIX}.*?):firn>")
PASSWORD = "password"  # noqa: S105 - a key below which dbt leaves what it cannot render as it is


class UnusualValueError(Exception):
    """A value that only dbt's own renderer is known to render as dbt does."""


class MissingVariableError(Exception):
    """A variable without a default that is not set: its name."""


class RenderingError(Exception):
    """What dbt says of a value that it cannot render."""


def render(value: object, environment: Mapping[str, str]) -> Any:  # noqa: ANN401 - as YAML has it
    """Return a value of a profile, rendered: texts, and those in its lists and mappings.

    Raises MissingVariableError, and RenderingError with dbt's words for what dbt refuses too.
    """
    try:
        return render_simple(value, environment)
    except UnusualValueError:
        return render_by_dbt(value, environment)


def render_simple(value: object, environment: Mapping[str, str]) -> Any:  # noqa: ANN401
    """Render without dbt.

    Raises UnusualValueError for what is left to dbt, MissingVariableError.
    """
    if isinstance(value, Mapping):
        return {key: _render_entry(key, item, environment) for key, item in value.items()}
    if isinstance(value, list):
        return [render_simple(item, environment) for item in value]
    if isinstance(value, str):
        return _text(value, environment)
    if isinstance(value, date):
        return value.isoformat()
    if value is None or isinstance(value, int | float):
        return value
    raise UnusualValueError(repr(value))


def render_by_dbt(value: object, environment: Mapping[str, str]) -> Any:  # noqa: ANN401
    """Render with dbt's own renderer, in a context of its own. Raises RenderingError."""

    def rendered() -> object:
        from dbt.config.renderer import ProfileRenderer
        from dbt_common.context import set_invocation_context

        set_invocation_context(environment)
        renderer = ProfileRenderer({})
        return renderer.render_data({"": value})[""]

    from dbt_common.exceptions import DbtBaseException

    try:
        return copy_context().run(rendered)
    except DbtBaseException as error:
        raise RenderingError(" ".join(str(error).split())) from error


def _render_entry(key: object, value: object, environment: Mapping[str, str]) -> object:
    try:
        return render_simple(value, environment)
    except MissingVariableError as error:
        if key == PASSWORD:
            raise UnusualValueError(PASSWORD) from error
        raise


def _text(source: str, environment: Mapping[str, str]) -> str:
    """Return a text rendered; Jinja ends lines its own way, so other line ends go through it."""
    if "{" not in source and "\r" not in source and not source.endswith("\n"):
        return source
    from jinja2 import Environment, TemplateSyntaxError, nodes

    try:
        body = Environment(autoescape=False).parse(source).body  # noqa: S701 - it is not HTML
    except TemplateSyntaxError as error:
        raise UnusualValueError(source) from error
    parts: list[nodes.Expr] = []
    for node in body:
        if not isinstance(node, nodes.Output):
            raise UnusualValueError(source)
        parts += node.nodes
    return _with_secret("".join(_part(part, environment) for part in parts), environment)


def _part(node: object, environment: Mapping[str, str]) -> str:
    """Return what one piece of a template gives, which always is a text."""
    from jinja2 import nodes

    if isinstance(node, nodes.TemplateData):
        return node.data
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        return node.value
    if isinstance(node, nodes.Concat):
        return "".join(_part(part, environment) for part in node.nodes)
    if not isinstance(node, nodes.Call) or node.kwargs or node.dyn_args or node.dyn_kwargs:
        raise UnusualValueError(repr(node))
    is_known = isinstance(node.node, nodes.Name) and node.node.name == ENV_VAR
    if not is_known or len(node.args) not in {1, 2}:
        raise UnusualValueError(repr(node))
    name, *default = (_part(argument, environment) for argument in node.args)
    return _variable(name, default, environment)


def _variable(name: str, default: list[str], environment: Mapping[str, str]) -> str:
    if name.startswith(HIDDEN_PREFIX):
        raise UnusualValueError(name)
    if name in environment:
        return _MARK.format(name) if name.startswith(SECRET_PREFIX) else environment[name]
    if not default:
        raise MissingVariableError(name)
    return default[0]


def _with_secret(rendered: str, environment: Mapping[str, str]) -> str:
    """Put in the value of the one secret; of several, or where a text looks like one, dbt decides.

    dbt puts them in last, so that no expression sees them.
    """
    if SECRET_PREFIX not in rendered:
        return rendered
    found = _MARKED.search(rendered)
    if found is None or found[1] not in environment or rendered.count(SECRET_PREFIX) > 1:
        raise UnusualValueError(SECRET_PREFIX)
    return rendered.replace(found[0], environment[found[1]])
