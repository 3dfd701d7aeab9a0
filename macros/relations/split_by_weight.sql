{#-
    Splits an amount over the rows of a group, in whole cents and without residue, as a query: the key of each
    row and its `share_amount`. A share is cents × weight ÷ all weights; the cents that no row gets whole
    go one each to the largest remainders, and among equal ones to the smaller key.

        {{ split_by_weight('weights', 'order_id', 'order_item_id', 'discount_cents', 'weight') }}

    Exact: by whole-number division, for cents and weights without digits after the point. The weights of a
    group must not add up to 0.
-#}
{% macro split_by_weight(relation, group, key, cents, weight) -%}
    select
        {{ key }},
        row_number() over (partition by {{ group }} order by remainder desc, {{ key }} asc) as place,
        {{ cents }} - sum(whole_cents) over (partition by {{ group }}) as cents_left,
        (whole_cents + if(place <= cents_left, 1, 0)) * 0.01 as share_amount
    from (
        select
            {{ key }},
            {{ group }},
            {{ cents }},
            {{ cents }} * {{ weight }} as product,
            sum({{ weight }}) over (partition by {{ group }}) as divisor,
            pmod(product, divisor) as remainder,
            (product - remainder) div divisor as whole_cents
        from {{ relation }}
    )
{%- endmacro %}
