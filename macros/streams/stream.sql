{#-
    What was added to a raw table since this model's own last commit, as a subquery.

        select * from {{ stream(source('shop', 'orders')) }}

    By snapshot, not by time, so nothing can arrive too late. The offset travels in a marker
    inside the compiled SQL; Firn's incremental materialization writes it into the snapshot that
    consumes the rows. First run, full refresh, a lost offset or a replaced source: every row.
    In dbt unit tests: the fixture's rows; with --empty: none, and no offset is taken.
-#}
{% macro stream(relation) %}
    {{ return(streams([relation])[0]) }}
{% endmacro %}
