{#-
    Before anything is built: every table that the selection reads or makes is compared with its
    declaration. All differences come in one message, each with its fix, and go to
    `ops.schema_changes`. A breaking one ends the run here; the others follow the declared policy
    (see docs/preflight.md). Runs `on-run-start`. The rules are Python (`operations/preflight`),
    which `firn verify` asks too.

        on-run-start:
          - "{{ preflight() }}"
-#}
{% macro preflight() %}
    {%- if not execute -%}
        {{ return('') }}
    {%- endif -%}
    {%- if adapter.firn_examine is not defined -%}
        {%- do exceptions.raise_compiler_error(
            "Nothing was built: this dbt has no Firn beside it (module dbt_firn).\nFix: make setup,"
            ~ " then use the dbt in that environment."
        ) -%}
    {%- endif -%}
    {%- set gate = adapter.firn_examine(graph, selected_resources, flags.FULL_REFRESH or false) -%}
    {%- if gate.judged -%}
        {%- if not gate.is_closed -%}
            {%- for statement in gate.fixes -%}
                {%- do run_query(statement) -%}
            {%- endfor -%}
        {%- endif -%}
        {%- set unrecorded = adapter.firn_record(gate, invocation_id) -%}
        {%- set message = gate.message ~ (
            '\n\nops.schema_changes could not be written: ' ~ unrecorded if unrecorded else ''
        ) -%}
        {%- if gate.is_closed -%}
            {%- do exceptions.raise_compiler_error(message) -%}
        {%- endif -%}
        {%- do log(message, info=True) -%}
    {%- endif -%}
{% endmacro %}
