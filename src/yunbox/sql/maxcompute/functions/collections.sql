-- Arrays and maps.

-- Every run of n elements; the whole list where it is shorter.
CREATE OR REPLACE MACRO mc_ngrams(l, n) AS
    CASE
        WHEN l IS NOT NULL
            THEN list_transform(range(1, greatest(len(l) - n + 1, 1) + 1), lambda _i: l[_i : _i + least(n, len(l)) - 1])
    END;

-- n elements from place a, which counts from the end when it is negative.
CREATE OR REPLACE MACRO mc_slice(l, a, n) AS
    CASE
        WHEN a > 0 THEN l[least(a, len(l) + 1) : least(a, len(l) + 1) + mc_within(n, 0, len(l)) - 1]
        WHEN a < 0 AND len(l) + a >= 0 THEN l[len(l) + a + 1 : len(l) + a + mc_within(n, 0, len(l))]
        WHEN l IS NOT NULL AND a IS NOT NULL THEN l[1 : 0]
    END;

-- A list in a random order.
CREATE OR REPLACE MACRO mc_shuffle(l) AS
    list_transform(list_sort(list_transform(l, lambda _x: {'r': random(), 'x': _x})), lambda _s: _s.x);

-- The texts of a list with d between them; NULLs are left out, or become n.
CREATE OR REPLACE MACRO mc_array_join(l, d, n) AS
    array_to_string(
        CASE
            WHEN n IS NULL THEN list_filter(l, lambda _x: _x IS NOT NULL)
            ELSE list_transform(l, lambda _x: coalesce(_x, n))
        END,
        d
    );

-- A list without repetitions, NULL being one value, in the order of first sight.
CREATE OR REPLACE MACRO mc_distinct(l) AS
    list_filter(l, lambda _x, _i: list_filter(range(1, _i), lambda _j: l[_j] IS NOT DISTINCT FROM _x) = []);

-- Whether a list has x, NULL being a value.
CREATE OR REPLACE MACRO mc_has(l, x) AS
    len(list_filter(l, lambda _y: _y IS NOT DISTINCT FROM x)) > 0;

-- What is in both lists, once.
CREATE OR REPLACE MACRO mc_intersect(a, b) AS
    CASE
        WHEN b IS NOT NULL THEN mc_distinct(list_filter(a, lambda _a: mc_has(b, _a)))
    END;

-- What is in a and not in b, once.
CREATE OR REPLACE MACRO mc_except(a, b) AS
    CASE
        WHEN b IS NOT NULL THEN mc_distinct(list_filter(a, lambda _a: NOT mc_has(b, _a)))
    END;

-- What is in either list, once.
CREATE OR REPLACE MACRO mc_union(a, b) AS
    CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN mc_distinct(list_concat(a, b)) END;

-- Whether two lists share an element; NULL when they share none and one of them has a NULL.
CREATE OR REPLACE MACRO mc_overlap(a, b) AS
    CASE
        WHEN list_has_any(a, b) THEN TRUE
        WHEN len(a) > 0 AND len(b) > 0 AND (mc_has(a, NULL) OR mc_has(b, NULL)) THEN NULL
        WHEN a IS NOT NULL AND b IS NOT NULL THEN FALSE
    END;

-- A list divided by its p-norm; p = 0 leaves it as it is.
CREATE OR REPLACE MACRO mc_norm(l, p) AS
    CASE
        WHEN list_count(l) < len(l) THEN NULL
        WHEN p = 0 THEN l
        ELSE list_transform(l, lambda _x: _x / pow(list_sum(list_transform(l, lambda _y: pow(abs(_y), p))), 1 / p))
    END;

-- A map of entries {k, v}: of a key that comes twice the last counts, or none may where strict.
CREATE OR REPLACE MACRO mc_map_of(e, strict) AS
    CASE
        WHEN list_count(list_transform(e, lambda _x: _x.k)) < len(e)
            THEN mc_error('ODPS-0121095:Invalid argument - a key of a map is NULL')
        WHEN len(list_distinct(list_transform(e, lambda _x: _x.k))) = len(e) THEN map_from_entries(e)
        WHEN strict THEN mc_error('ODPS-0121095:Invalid argument - duplicate key of a map')
        ELSE list_reduce(
            list_transform(e, lambda _x: map_from_entries([_x])),
            lambda _a, _b: map_concat(_a, _b)
        )
    END;

-- The entries of a map as {k, v}.
CREATE OR REPLACE MACRO mc_entries_of(m) AS
    list_transform(map_entries(m), lambda _e: {'k': _e.key, 'v': _e.value});

-- How many elements an array that is made may have: what fits a worker's memory with room to spare, or as many as are
-- allowed.
CREATE OR REPLACE MACRO mc_elements(n, most := 10000000) AS
    CASE
        WHEN n > most THEN mc_error('ODPS-0121095:Invalid argument - the array would have more than ' || most || ' elements')
        ELSE n
    END;

-- Where a sequence of numbers ends, if it is not too long.
CREATE OR REPLACE MACRO mc_sequence_end(a, b, step, most) AS
    CASE
        WHEN mc_elements(
            1 + abs((CAST(b AS HUGEINT) - CAST(a AS HUGEINT)) // nullif(CAST(step AS HUGEINT), 0)), most := most
        ) >= 0 THEN b
    END;

-- How many steps lead from one time to another.
CREATE OR REPLACE MACRO mc_time_steps(a, b, step) AS
    CAST(abs(epoch(b) - epoch(a)) // greatest(abs(epoch(a + step) - epoch(a)), 1e-6) AS BIGINT);

-- Times from one to another, both included, if they are not too many. Each is counted from the first, so that months
-- from a 31st on end on their last days; months differ by a tenth in length, so a few more are made, and left out.
CREATE OR REPLACE MACRO mc_time_series(a, b, step, most) AS
    CASE
        WHEN mc_elements(1 + mc_time_steps(a, b, step), most := most) >= 0
            THEN list_filter(
                list_transform(
                    range(mc_time_steps(a, b, step) * 9 // 8 + 2), lambda _i: a + CAST(_i AS INTEGER) * step
                ),
                lambda _t: CASE WHEN a <= b THEN _t <= b ELSE _t >= b END
            )
    END;
