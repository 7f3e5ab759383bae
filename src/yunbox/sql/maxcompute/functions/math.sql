-- Numbers in other bases, and histograms.

-- The digits of s in base f as numbers, NULL for what is none.
CREATE OR REPLACE MACRO mc_digits(s, f) AS
    list_transform(
        string_split(lower(ltrim(s, '-')), ''),
        lambda _c: CASE
            WHEN strpos('0123456789abcdef', _c) BETWEEN 1 AND f THEN strpos('0123456789abcdef', _c) - 1
        END
    );

-- The number that digits in base f make, NULL where one of them is none.
CREATE OR REPLACE MACRO mc_number(d, f) AS
    CASE
        WHEN len(d) BETWEEN 1 AND 64 AND len(list_filter(d, lambda _x: _x IS NULL)) = 0
            THEN list_reduce(
                list_transform(d, lambda _x: CAST(_x AS HUGEINT)),
                lambda _a, _x: _a * f + _x,
                0::HUGEINT
            )
    END;

-- An unsigned number of up to 64 bits in base t: to_base() takes 63, so its upper four bits come first.
CREATE OR REPLACE MACRO mc_in_base(v, t) AS
    CASE
        WHEN t = 10 THEN CAST(v AS VARCHAR)
        WHEN v < 1152921504606846976 THEN lower(to_base(CAST(v AS BIGINT), t))
        ELSE lower(
            to_base(CAST(v // 1152921504606846976 AS BIGINT), t)
            || lpad(
                to_base(CAST(v % 1152921504606846976 AS BIGINT), t),
                CASE t WHEN 2 THEN 60 WHEN 8 THEN 20 ELSE 15 END,
                '0'
            )
        )
    END;

-- conv(): s from base f to base t; negative numbers become those of 64 bits, but in base 10.
CREATE OR REPLACE MACRO mc_conv(s, f, t) AS
    CASE
        WHEN f IN (2, 8, 10, 16) AND t IN (2, 8, 10, 16)
            THEN mc_in_base(
                CASE
                    WHEN s LIKE '-%' AND t <> 10 THEN 18446744073709551616::HUGEINT - mc_number(mc_digits(s, f), f)
                    WHEN s LIKE '-%' THEN -mc_number(mc_digits(s, f), f)
                    ELSE mc_number(mc_digits(s, f), f)
                END,
                CAST(t AS INTEGER)
            )
    END;

-- Which of n buckets from a to b holds x; 0 is below, n + 1 above and at the end.
CREATE OR REPLACE MACRO mc_width_bucket(x, a, b, n) AS
    CASE
        WHEN x < a THEN 0
        WHEN x > b THEN n + 1
        WHEN x = b THEN n + 1
        ELSE CAST(floor(n * (x - a) / (b - a) + 1) AS BIGINT)
    END;
