"""What is rendered without dbt is what dbt renders: values made up, and the project's profile."""

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake.rendering import (
    MissingVariableError,
    RenderingError,
    UnusualValueError,
    render,
    render_by_dbt,
    render_simple,
)

ROOT = Path(__file__).parents[3]
ENVIRONMENT = {
    "A": "a value",
    "NUMBER": "3",
    "EMPTY": "",
    "BRACES": "{{ env_var('A') }}",
    "NAMED": "DBT_ENV_SECRET_ONE",
    # pragma: allowlist nextline secret
    "DBT_ENV_SECRET_ONE": "s3cret\\1",
    # pragma: allowlist nextline secret
    "DBT_ENV_SECRET_TWO": "other",
    "DBT_ENV_PRIVATE_A": "hidden",
}
NAMES = [*ENVIRONMENT, "MISSING", "DBT_ENV_SECRET_MISSING"]
RENDERED_WITHOUT_DBT = [
    "text",
    "",
    "  spaces  ",
    "ends with lines\n\n",
    "of\r\nWindows",
    "50 % {of} all }}",
    "{{ env_var('A') }}",
    "x{{ env_var('A') }}y{{- env_var('NUMBER') -}} z",
    "{{ env_var('MISSING', 'default') }}",
    "{{ env_var('MISSING', env_var('A') ~ '/.firn') }}",
    "{{ env_var('A', env_var('A')) ~ '/' ~ env_var('EMPTY') }}",
    "{{ env_var('NUMBER') }}",
    "{{ env_var('BRACES') }}",
    "{# a comment #}{{ 'text' }}{% raw %}{{ raw }}{% endraw %}",
    "{{ env_var('DBT_ENV_SECRET_ONE') }}",
    "jdbc:{{ env_var('DBT_ENV_SECRET_ONE') ~ '@' ~ env_var('A') }}",
    "$$${{ env_var('DBT_ENV_SECRET_ONE') }}$$$",
    {"a": ["{{ env_var('A') }}", 1, None, True, 1.5, date(2025, 7, 1)], 2: {}},
]
LEFT_TO_DBT = [
    "{{ env_var('NUMBER') | as_number }}",
    "{{ env_var('NUMBER') | as_text }}",
    "{{ 'True' | as_bool }}",
    "{{ env_var('NUMBER') | as_native }}",
    "{{ env_var('A') | upper }}",
    "{{ env_var('NUMBER') | int + 1 }}",
    "{{ 1 }}",
    "{{ env_var('MISSING', 1) }}",
    "{% if env_var('A') == 'a value' %}yes{% else %}no{% endif %}",
    "{{ env_var(var='A') }}",
    "{{ ['a', 'b'] }}",
    "{{ undefined_name }}",
    "{{ env_var('DBT_ENV_SECRET_ONE') }}{{ env_var('A') }}{{ env_var('NAMED') }}",
    {"password": "{{ env_var('MISSING') }}"},
    {"password": "{{ not jinja"},
]
REFUSED_BY_DBT = [
    "{{ var('a') }}",
    "{{ env_var() }}",
    "{{ broken",
    "{{ 'a' | as_number }}",
    "{{ env_var('DBT_ENV_PRIVATE_A') }}",
    "{{ env_var('A') | no_such_filter }}",
    "{{ 1 / 0 }}",
    "{% include 'x' %}",
]


@pytest.mark.parametrize("value", RENDERED_WITHOUT_DBT, ids=repr)
def test_what_profiles_mostly_hold_is_rendered_without_dbt(value: object) -> None:
    found = render_simple(value, ENVIRONMENT)
    assert repr(found) == repr(render_by_dbt(value, ENVIRONMENT))


@pytest.mark.parametrize("value", LEFT_TO_DBT, ids=repr)
def test_what_could_be_seen_differently_is_left_to_dbt(value: object) -> None:
    with pytest.raises(UnusualValueError):
        render_simple(value, ENVIRONMENT)
    assert repr(render(value, ENVIRONMENT)) == repr(render_by_dbt(value, ENVIRONMENT))


@pytest.mark.parametrize("value", REFUSED_BY_DBT)
def test_what_dbt_refuses_is_refused_in_its_words(value: str) -> None:
    with pytest.raises(RenderingError, match=r"\w"):
        render(value, ENVIRONMENT)


def test_a_missing_variable_is_named() -> None:
    with pytest.raises(MissingVariableError, match="^MISSING$"):
        render({"a": "{{ env_var('MISSING') }}"}, ENVIRONMENT)
    with pytest.raises(RenderingError, match="MISSING"):
        render_by_dbt({"a": "{{ env_var('MISSING') }}"}, ENVIRONMENT)


names = st.sampled_from(NAMES).map(repr)
plain = st.text(alphabet="ab /:\n\rä", max_size=8)
texts = st.one_of(plain, plain, plain, st.text(alphabet="a {}%#'\"\\$-~|", max_size=8))
operands = st.recursive(
    st.one_of(plain.map(repr), texts.map(repr), names.map("env_var({})".format)),
    lambda inner: st.one_of(
        st.builds("env_var({}, {})".format, names, inner),
        st.builds("env_var({}, {})".format, names, inner),
        st.builds("{} ~ {}".format, inner, inner),
        st.builds("({})".format, inner),
        inner.map("env_var({})".format),
        st.builds("{} | {}".format, inner, st.sampled_from(["as_text", "as_native", "upper"])),
    ),
    max_leaves=3,
)
opening, closing = st.sampled_from(["{{ ", "{{- ", "{{+ "]), st.sampled_from([" }}", " -}}"])
templates = st.lists(
    st.one_of(texts, st.builds("{}{}{}".format, opening, operands, closing)), max_size=4
).map("".join)


@settings(max_examples=400)
@given(templates)
def test_made_up_templates_are_rendered_as_dbt_renders_them(template: str) -> None:
    try:
        found = render_simple(template, ENVIRONMENT)
    except UnusualValueError:
        return
    except MissingVariableError:
        with pytest.raises(RenderingError):
            render_by_dbt(template, ENVIRONMENT)
        return
    expected = render_by_dbt(template, ENVIRONMENT)
    assert (type(found), found) == (type(expected), expected)


def test_dbt_keeps_the_context_that_it_has() -> None:
    """Streams ask for the lake from within a run of dbt."""
    from dbt_common.context import get_invocation_context, set_invocation_context

    set_invocation_context({"A": "the run's"})
    assert render_by_dbt("{{ env_var('A') }}", ENVIRONMENT) == "a value"
    assert get_invocation_context().env == {"A": "the run's"}


def test_the_project_needs_no_dbt_to_be_rendered() -> None:
    asked = """
import sys
from pathlib import Path
from lake.profiles import Profile
from lake.settings import Settings
print(len(Profile(Settings(project_dir=Path("."))).spark_parameters()) > 20, "dbt" in sys.modules)
"""
    said = subprocess.run(
        [sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert said.stdout == "True False\n"
