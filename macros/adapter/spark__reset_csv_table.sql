{#-
    A seed's table, loaded again where its file or its column types changed, else left alone.

    Defect: dbt-spark drops the table of every seed at every build and loads it again: readers fail meanwhile, its
    history is gone, and a lexicon of 7,000 words costs seconds each time.
    Upstream: dbt-core reloads seeds by design; an option to skip them was not found there.
    Repair: the hash of what a table was loaded from is its property (`spark__load_csv_rows` sets it), and a table
    that has the seed's stays. `--full-refresh` loads it in any case, and so do formats without properties. The table
    is replaced by its rows in one commit, where the format can.

        dbt seed --full-refresh --select bakery_stores    # loads the file again, changed or not
-#}
{% macro spark__reset_csv_table(model, full_refresh, old_relation, agate_table) %}
    {%- if not full_refresh and _is_loaded_from(model) -%}
        {{ return('-- the table was loaded from this very file') }}
    {%- endif -%}
    {%- if not _is_replaced_whole(model) -%}
        {%- do adapter.drop_relation(old_relation) -%}
    {%- endif -%}
    {{ return(create_csv_table(model, agate_table)) }}
{% endmacro %}


{#- Whether one commit can put other rows, and columns, in the place of a table's. -#}
{%- macro _is_replaced_whole(seed) -%}
    {{ return(seed.config.get('file_format') in ['iceberg', 'delta']) }}
{%- endmacro -%}


{%- macro _seed_property() -%}
    {{ return('dbt.seed') }}
{%- endmacro -%}


{#- What a seed is made of; none for a file so large that dbt does not look into it. -#}
{%- macro _seed_hash(seed) -%}
    {%- if seed.checksum.name == 'path' -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return(local_md5(seed.checksum.checksum ~ tojson(seed.config.get('column_types', {})))) }}
{%- endmacro -%}


{%- macro _is_loaded_from(seed) -%}
    {%- set hash = _seed_hash(seed) -%}
    {%- if not hash or load_relation(this) is none -%}
        {{ return(false) }}
    {%- endif -%}
    {%- for property in run_query('show tblproperties ' ~ this).rows -%}
        {%- if property['key'] == _seed_property() -%}
            {{ return(property['value'] == hash) }}
        {%- endif -%}
    {%- endfor -%}
    {{ return(false) }}
{%- endmacro -%}
