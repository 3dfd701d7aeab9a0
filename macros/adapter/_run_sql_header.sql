{#-
    Runs the statements of a model's `sql_header`, each by itself: a session of Spark takes one in a call. Each but the
    last ends with a semicolon at the end of its line.
-#}
{%- macro _run_sql_header() -%}
    {%- for header in modules.re.split(';[ \t]*(?:\r?\n|$)', (config.get('sql_header') or '') | trim) if header -%}
        {%- do run_query(header) -%}
    {%- endfor -%}
{%- endmacro -%}
