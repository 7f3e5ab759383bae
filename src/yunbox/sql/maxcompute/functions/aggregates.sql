-- What aggregates become of the lists they collect.

-- These look at their list from inside a lambda, into which DuckDB cannot take an aggregate that has a lambda of its own:
-- so each is applied to a list of the one list.

-- The first value of each key, of entries {k, v}: map_agg and map_union keep what they saw first.
CREATE OR REPLACE MACRO mc_first_of(e) AS
    list_transform([e], lambda _l: map(
        list_distinct(list_transform(_l, lambda _x: _x.k)),
        list_transform(
            list_distinct(list_transform(_l, lambda _x: _x.k)),
            lambda _k: list_filter(_l, lambda _x: _x.k = _k)[1].v
        )
    ))[1];

-- All values of each key, of entries {k, v}.
CREATE OR REPLACE MACRO mc_all_of(e) AS
    list_transform([e], lambda _l: map(
        list_distinct(list_transform(_l, lambda _x: _x.k)),
        list_transform(
            list_distinct(list_transform(_l, lambda _x: _x.k)),
            lambda _k: list_transform(list_filter(_l, lambda _x: _x.k = _k), lambda _x: _x.v)
        )
    ))[1];

-- The sum of the values of each key, of a map's entries.
CREATE OR REPLACE MACRO mc_sum_of(e) AS
    list_transform([e], lambda _l: map(
        list_distinct(list_transform(_l, lambda _x: _x.key)),
        list_transform(
            list_distinct(list_transform(_l, lambda _x: _x.key)),
            lambda _k: list_sum(list_transform(list_filter(_l, lambda _x: _x.key = _k), lambda _x: _x.value))
        )
    ))[1];

-- The entries of many maps.
CREATE OR REPLACE MACRO mc_entries(l) AS
    flatten(list_transform(l, lambda _m: map_entries(_m)));

-- A list without its NULLs, and an empty one for no row at all, as collect_list() gives.
CREATE OR REPLACE MACRO mc_known(l) AS
    coalesce(list_filter(l, lambda _x: _x IS NOT NULL), []);

-- The first value of a sorted list whose share of the list is at least p.
CREATE OR REPLACE MACRO mc_percentile_disc(l, p) AS
    l[greatest(CAST(ceil(p * len(l)) AS INTEGER), 1)];
