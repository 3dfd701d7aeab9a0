{#- The model that a table is of, by its schema and alias. -#}
{%- macro _model_of(relation) -%}
    {{ return(
        graph.nodes.values() | selectattr('resource_type', 'equalto', 'model')
        | selectattr('schema', 'equalto', relation.schema)
        | selectattr('alias', 'equalto', relation.identifier) | first
    ) }}
{%- endmacro -%}
