{#-
    Raw tables that rows leave when every reader has them (`remove_consumed_after`) cannot give a model its rows
    again. A model that merges into its own table, and has read all that left, reads what is there and keeps the
    rest as it is. Any other full read would lose rows, so it is refused, unless the run accepts it:

        dbt build --select checkout__orders --vars '{accept_removed_rows: true}'
-#}
{%- macro _require_rows_removed(upstream, history, read_before) -%}
    {%- set removed = history.removed_sequence -%}
    {%- set has_them = model.config.incremental_strategy == 'merge' and read_before
        and (read_before.sequence | int) >= removed -%}
    {%- do upstream.update({'has_lost_rows': removed > 0}) -%}
    {%- if removed and upstream.mode in ('full', 'rebuild') and not has_them and not var('accept_removed_rows', false) -%}
        {%- do exceptions.raise_compiler_error(
            this ~ ' would be made without the rows that have left ' ~ upstream.relation ~ ' (landed until '
            ~ history.removed_until ~ '). Keep its table and run without --full-refresh, or accept that: '
            ~ "--vars '{accept_removed_rows: true}'"
        ) -%}
    {%- endif -%}
{%- endmacro -%}


{#- What an edited model does: it is rebuilt, unless rows that it holds are gone upstream. -#}
{%- macro _rebuild_or_keep(plan) -%}
    {%- if plan | selectattr('has_lost_rows') | list and not var('accept_removed_rows', false) -%}
        {%- for upstream in plan -%}
            {%- do upstream.update({'mode': 'full'}) -%}
        {%- endfor -%}
        {%- do log(
            this ~ ' keeps the rows that are gone upstream as they are: its definition changed, and holds for what '
            ~ 'is still there and for what comes', info=true
        ) -%}
    {%- else -%}
        {%- do log(this ~ ' is rebuilt: its definition changed') -%}
    {%- endif -%}
{%- endmacro -%}


{#- Until when rows were landed that have left a raw table, as an SQL expression; none where none has. -#}
{%- macro _removed_until(relation) -%}
    {%- if execute and not _is_unit_test() -%}
        {%- set until = adapter.firn_snapshot_history(_stream_name(relation), none).removed_until -%}
        {{ return("timestamp '" ~ until ~ "'" if until else none) }}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro -%}
