{#-
    Whether a stream gives only what is new since this model's own last commit, so that the rows the
    model holds (`this`) are still true. Otherwise every row is given again, and the model must not
    look at `this`, which may not be there or was made by other rules.

        {%- set new_rows = stream(source('bakery', 'inventory_updates')) %}
        {%- if reads_changes_only(new_rows) %}
        union all select * from {{ this }}
        {%- endif %}

    In dbt unit tests: what `is_incremental` is overridden by, the fixture being `input: this`.
-#}
{% macro reads_changes_only(new_rows) %}
    {%- if not execute or flags.EMPTY -%}
        {{ return(false) }}
    {%- elif _is_unit_test() -%}
        {{ return(is_incremental()) }}
    {%- endif -%}
    {%- set mode = (_streams_in(new_rows | string) | first).mode -%}
    {{ return(is_incremental() and mode in ('incremental', 'unchanged')) }}
{% endmacro %}
