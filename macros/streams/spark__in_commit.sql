{#-
    Writes the position of each stream into the very snapshot that consumes its rows, with a hash of the
    model's SQL and rules: Iceberg copies session settings of this prefix into the summary of every snapshot
    committed while they are set.
-#}
{% macro spark__in_commit(compiled) %}
    {%- set consumed = {} -%}
    {%- for stream in _streams_in(compiled) if stream.snapshot != 'none' -%}
        {%- do consumed.update({
            stream.name: {'snapshot': stream.snapshot, 'sequence': stream.sequence},
        }) -%}
    {%- endfor -%}
    {%- set positions = {'definition': _definition(), 'streams': consumed} -%}
    {%- set setting = '`spark.sql.iceberg.snapshot-property.' ~ _positions_property(this) ~ '`' -%}
    {%- call statement('set_positions') -%}
        set {{ setting }} = `{{ tojson(positions) }}`
    {%- endcall -%}
    {{ caller() }}
    {%- call statement('reset_positions') -%}
        reset {{ setting }}
    {%- endcall -%}
{% endmacro %}
