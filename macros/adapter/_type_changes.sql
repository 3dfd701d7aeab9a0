{#- What turns a column's type into another, as clauses of ALTER TABLE; types are as DESCRIBE writes them. -#}


{#- Notes the clauses below what each is for: 'add columns', 'drop columns' or 'alter column'. -#}
{%- macro _note_type_changes(changes, path, old, new) -%}
    {%- set kind = old.split('<')[0] -%}
    {%- set olds, news = _type_parts(old), _type_parts(new) -%}
    {%- if old == new -%}
    {%- elif not olds and _is_wider(new, old) -%}
        {%- do changes['alter column'].append(path ~ ' type ' ~ new) -%}
    {%- elif kind != new.split('<')[0] or not olds or '... ' in old ~ new -%}
        {%- do _refuse_type_change(path, old, new) -%}
    {%- elif kind == 'struct' -%}
        {%- do _note_field_changes(changes, path, _struct_fields(olds), _struct_fields(news)) -%}
    {%- elif kind == 'array' -%}
        {%- do _note_type_changes(changes, path ~ '.element', olds[0], news[0]) -%}
    {%- elif olds[0] == news[0] -%}
        {%- do _note_type_changes(changes, path ~ '.value', olds[1], news[1]) -%}
    {%- else -%}
        {%- do _refuse_type_change(path, old, new) -%}
    {%- endif -%}
{%- endmacro -%}


{#- A field takes the place that the model gives it: rows are inserted by position, inside of structs too. -#}
{%- macro _note_field_changes(changes, path, olds, news) -%}
    {%- if news.keys() | select('in', olds) | list != olds.keys() | select('in', news) | list -%}
        {%- do _refuse_type_change(path, 'fields ' ~ olds.keys() | join(', '), news.keys() | join(', ')) -%}
    {%- endif -%}
    {%- set place = namespace(clause='first') -%}
    {%- for name, type in news.items() -%}
        {%- set field = path ~ '.' ~ adapter.quote(name) -%}
        {%- if name in olds -%}
            {%- do _note_type_changes(changes, field, olds[name], type) -%}
        {%- else -%}
            {%- do changes['add columns'].append(field ~ ' ' ~ type ~ ' ' ~ place.clause) -%}
        {%- endif -%}
        {%- set place.clause = 'after ' ~ adapter.quote(name) -%}
    {%- endfor -%}
    {%- for name in olds if name not in news -%}
        {%- do changes['drop columns'].append(path ~ '.' ~ adapter.quote(name)) -%}
    {%- endfor -%}
{%- endmacro -%}


{%- macro _struct_fields(parts) -%}
    {%- set fields = {} -%}
    {%- for part in parts -%}
        {%- set name, type = part.split(':', 1) -%}
        {%- do fields.update({name: type}) -%}
    {%- endfor -%}
    {{ return(fields) }}
{%- endmacro -%}


{#- What stands between the outermost `<` and `>` of a type, cut at its outermost commas. -#}
{%- macro _type_parts(type) -%}
    {%- set parts = [] -%}
    {%- set at = namespace(depth=0, part='') -%}
    {%- for character in type.partition('<')[2][:-1] -%}
        {%- set at.depth = at.depth + (character in '<(') | int - (character in '>)') | int -%}
        {%- if character == ',' and at.depth == 0 -%}
            {%- do parts.append(at.part) -%}
            {%- set at.part = '' -%}
        {%- else -%}
            {%- set at.part = at.part ~ character -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(parts + [at.part] if at.part else parts) }}
{%- endmacro -%}


{%- macro _refuse_type_change(path, old, new) -%}
    {%- do exceptions.raise_compiler_error(
        this ~ ': ' ~ path | replace('`', '') ~ ' cannot become ' ~ new ~ ' in place, it is ' ~ old
        ~ '; nothing was changed. Fix: cast it in the model, or build it with --full-refresh.'
    ) -%}
{%- endmacro -%}
