{#-
    `dbt clone`: a view of the other relation where the format cannot be cloned.

    Defect: dbt-spark refuses every format but Delta, "shallow clone requires file_format be set to 'delta'", while dbt
    makes a view where tables cannot be cloned.
    Upstream: no report found. Repair: dbt's own materialization, but never a view of a relation in its own place.

        dbt clone --state production --target scratch
-#}
{% materialization clone, adapter='spark' %}
    {%- if defer_relation and defer_relation.render() == this.render() -%}
        {%- do log('Target relation and defer relation are the same, skipping clone for relation: ' ~ this) -%}
        {{ return({'relations': []}) }}
    {%- endif -%}
    {{ return(materialization_clone_default()) }}
{% endmaterialization %}
