-- Regular expressions. Patterns are RE2's.

-- A list without the empty texts at its end, as Java's split(), or whole.
CREATE OR REPLACE MACRO mc_parts(l, keep) AS
    CASE
        WHEN keep OR l[-1] <> '' THEN l
        ELSE l[1 : coalesce(list_max(list_filter(range(1, len(l) + 1), lambda _i: l[_i] <> '')), 0)]
    END;

-- The parts of a text between the matches of p.
CREATE OR REPLACE MACRO mc_split(s, p, keep) AS
    CASE WHEN p IS NOT NULL THEN mc_parts(regexp_split_to_array(s, p), keep) END;

-- A text from place a on.
CREATE OR REPLACE MACRO mc_rest(s, a) AS
    substr(s, mc_within(a, 1, length(s) + 1));

-- How long a text is before the nth match of p.
CREATE OR REPLACE MACRO mc_before(s, p, n) AS
    length(regexp_extract(s, '^((?:(?s:.*?)(?:' || p || ')){' || (n - 1) || '}(?s:.*?))(?:' || p || ')', 1));

-- Where the nth match of p begins (e = 0) or ends (e = 1), searched from place a; 0 for nowhere.
CREATE OR REPLACE MACRO mc_regexp_instr(s, p, a, n, e) AS
    CASE
        WHEN s IS NULL OR p IS NULL OR a IS NULL OR n IS NULL OR e IS NULL THEN NULL
        WHEN p = '' OR len(regexp_extract_all(mc_rest(s, a), p)) < n THEN 0
        ELSE greatest(a, 1)
        + mc_before(mc_rest(s, a), p, n)
        + CASE
            WHEN e = 1 THEN length(regexp_extract_all(mc_rest(s, a), p)[n])
            ELSE 0
        END
    END;

-- A text with the nth match of p replaced.
CREATE OR REPLACE MACRO mc_replace_nth(s, p, r, n) AS
    CASE
        WHEN len(regexp_extract_all(s, p)) < n THEN s
        ELSE substr(s, 1, mc_before(s, p, n)) || regexp_replace(substr(s, mc_before(s, p, n) + 1), p, r)
    END;
