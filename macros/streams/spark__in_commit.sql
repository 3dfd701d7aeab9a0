{#-
    Writes the offset of each stream into the very snapshot that consumes its rows, with the hash of the
    model's definition: Iceberg copies session settings of this prefix into the summary of every snapshot
    committed while they are set.

        {% call adapter.dispatch('in_commit')(sql) %}
            {% call statement('main') %}
                {{ create_table_as(False, this, sql) }}
            {% endcall %}
        {% endcall %}
-#}
{% macro spark__in_commit(compiled) %}
    {%- set streams = _streams_in(compiled) -%}
    {%- set consumed = {} -%}
    {%- for stream in streams if stream.snapshot != 'none' -%}
        {%- do consumed.update({
            stream.name: {'snapshot': stream.snapshot, 'sequence': stream.sequence},
        }) -%}
    {%- endfor -%}
    {%- set definition = streams[0].definition if streams else _definition() -%}
    {%- set empty = streams | selectattr('snapshot', 'equalto', 'none') | map(attribute='name') | list -%}
    {%- set offsets = {'definition': definition, 'streams': consumed, 'empty': empty} -%}
    {%- if _is_gold(model) -%}
        {%- do adapter.firn_stage_table(this.schema, this.identifier) -%}
    {%- endif -%}
    {%- set setting = '`spark.sql.iceberg.snapshot-property.' ~ _stream_offsets_property(this) ~ '`' -%}
    {%- call statement('set_stream_offsets') -%}
        set {{ setting }} = `{{ tojson(offsets) }}`
    {%- endcall -%}
    {{ caller() }}
    {%- call statement('reset_stream_offsets') -%}
        reset {{ setting }}
    {%- endcall -%}
{% endmacro %}
