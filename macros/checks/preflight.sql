{#-
    Before anything is built: every raw table that the selection reads exists, with the declared
    columns and types. All differences come in one message, each with the command that cures it,
    and then nothing is built. Runs `on-run-start`; only what the selection needs is checked.
-#}
{% macro preflight() %}
    {%- if not execute or flags.EMPTY -%}
        {{ return('') }}
    {%- endif -%}
    {%- set differences = [] -%}
    {%- for source in _needed_raw_tables() -%}
        {%- do differences.extend(_raw_table_differences(source)) -%}
    {%- endfor -%}
    {%- if differences -%}
        {%- do exceptions.raise_compiler_error(
            'Nothing was built: ' ~ differences | length
            ~ ' difference(s) between the declared raw tables and the lake.\n  - '
            ~ differences | join('\n  - ')
        ) -%}
    {%- endif -%}
{% endmacro %}


{#- Declared sources that a selected node reads directly. -#}
{%- macro _needed_raw_tables() -%}
    {%- set needed = [] -%}
    {%- for unique_id in selected_resources -%}
        {%- set node = graph.nodes.get(unique_id) -%}
        {%- if node -%}
            {%- do needed.extend(node.depends_on.nodes) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set sources = [] -%}
    {%- for unique_id in needed | unique | sort if unique_id in graph.sources -%}
        {%- set source = graph.sources[unique_id] -%}
        {%- if source.config.meta.get('ingestion') -%}
            {%- do sources.append(source) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(sources) }}
{%- endmacro -%}


{%- macro _raw_table_differences(source) -%}
    {%- set table = source.schema ~ '.' ~ source.identifier -%}
    {%- set cure = ' Cure: firn ingest ' ~ source.source_name ~ '.' ~ source.name -%}
    {%- set relation = adapter.get_relation(database=none, schema=source.schema, identifier=source.identifier) -%}
    {%- if relation is none -%}
        {{ return([table ~ ' does not exist.' ~ cure]) }}
    {%- endif -%}
    {%- set present = {} -%}
    {%- for column in adapter.get_columns_in_relation(relation) -%}
        {%- do present.update({column.name: column.dtype}) -%}
    {%- endfor -%}
    {%- set differences = [] -%}
    {%- for name, declared in _declared_columns(source).items() -%}
        {%- if name not in present -%}
            {%- do differences.append(table ~ '.' ~ name ~ ' (' ~ declared ~ ') is missing.' ~ cure) -%}
        {%- elif present[name] != declared -%}
            {%- do differences.append(
                table ~ '.' ~ name ~ ' is ' ~ present[name] ~ ', declared ' ~ declared ~ '.' ~ cure
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(differences) }}
{%- endmacro -%}


{#- {column: type} of a raw table: what is declared and landed, and what Firn adds. -#}
{%- macro _declared_columns(source) -%}
    {%- set columns = {} -%}
    {%- for column in source.columns.values() -%}
        {%- if column.config.meta.get('personal_data') != 'drop' -%}
            {%- do columns.update({column.name: column.data_type}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do columns.update({
        '_ingested_at': 'timestamp',
        '_load_id': 'string',
        '_is_deleted': 'boolean',
        '_rescued': 'string',
    }) -%}
    {{ return(columns) }}
{%- endmacro -%}
