-- Pieces, positions, and texts that hold pairs.

-- A number from a to b, the nearer of them where it lies beyond; NULL stays NULL, unlike in least() and greatest().
CREATE OR REPLACE MACRO mc_within(n, a, b) AS
    CASE WHEN n < a THEN a WHEN n > b THEN b ELSE n END;

-- substr(): place 0 is the first, a negative one counts from the end, one before the beginning is the first.
CREATE OR REPLACE MACRO mc_substr(s, p, n) AS
    CASE
        WHEN p IS NULL OR n IS NULL THEN NULL
        WHEN n <= 0 OR p > length(s) THEN ''
        WHEN p = 0 OR p < -length(s) THEN left(s, least(n, length(s)))
        ELSE substr(s, p, least(n, length(s)))
    END;

-- The parts from a to b of a text split at d; negative ones count from the end.
CREATE OR REPLACE MACRO mc_split_part(s, d, a, b) AS
    CASE
        WHEN d IS NULL THEN NULL
        WHEN d = '' THEN s
        ELSE coalesce(
            array_to_string(
                string_split(s, d)[
                    CASE
                        WHEN a < 0 THEN greatest(len(string_split(s, d)) + a + 1, 1)
                        WHEN a = 0 THEN 1
                        ELSE a
                    END : CASE WHEN b < 0 THEN len(string_split(s, d)) + b + 1 ELSE b END
                ],
                d
            ),
            CASE WHEN s IS NOT NULL AND d IS NOT NULL THEN '' END
        )
    END;

-- Where t lies in s for the nth time from place p on, backwards when p is negative; 0 for nowhere.
CREATE OR REPLACE MACRO mc_instr(s, t, p, n) AS
    CASE
        WHEN s IS NULL OR t IS NULL OR p IS NULL OR n IS NULL THEN NULL
        WHEN t = '' THEN greatest(p, 1)
        WHEN p < 0
            THEN coalesce(
                list_filter(range(length(s) + p + 1, 0, -1), lambda _i: substr(s, _i, length(t)) = t)[n],
                0
            )
        ELSE coalesce(
            list_filter(range(greatest(p, 1), length(s) + 1), lambda _i: substr(s, _i, length(t)) = t)[n],
            0
        )
    END;

-- A text up to the nth d, from the end when n is negative.
CREATE OR REPLACE MACRO mc_substring_index(s, d, n) AS
    CASE
        WHEN d IS NULL OR n IS NULL THEN NULL
        WHEN d = '' OR n = 0
            THEN CASE WHEN s IS NOT NULL THEN '' END
        WHEN n > 0 THEN array_to_string(string_split(s, d)[1 : n], d)
        ELSE array_to_string(string_split(s, d)[greatest(len(string_split(s, d)) + n + 1, 1) :], d)
    END;

-- The value of key k in pairs k b value, with a between the pairs.
CREATE OR REPLACE MACRO mc_pair(s, a, b, k) AS
    substr(list_filter(string_split(s, a), lambda _p: starts_with(_p, k || b))[1], length(k) + length(b) + 1);

-- Soundex of a word in capitals: vowels part equal codes, H and W do not.
CREATE OR REPLACE MACRO mc_soundex(u) AS
    u[1]
    || rpad(
        replace(
            substr(
                regexp_replace(
                    regexp_replace(
                        regexp_replace(
                            regexp_replace(
                                regexp_replace(
                                    regexp_replace(
                                        translate(
                                            u[1] || regexp_replace(u[2 :], '[HW]', '', 'g'),
                                            'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
                                            '01230120022455012623010202'
                                        ),
                                        '1+',
                                        '1',
                                        'g'
                                    ),
                                    '2+',
                                    '2',
                                    'g'
                                ),
                                '3+',
                                '3',
                                'g'
                            ),
                            '4+',
                            '4',
                            'g'
                        ),
                        '5+',
                        '5',
                        'g'
                    ),
                    '6+',
                    '6',
                    'g'
                ),
                2
            ),
            '0',
            ''
        ),
        3,
        '0'
    );

-- How long a text that is made of others may become: 8 MB, the limit of a cell.
CREATE OR REPLACE MACRO mc_length(n, bytes) AS
    CASE
        WHEN n * bytes > 8388608 THEN mc_error('ODPS-0121095:Invalid argument - the text would be longer than 8 MB')
        ELSE n
    END;

-- A text several times over.
CREATE OR REPLACE MACRO mc_repeat(s, n) AS
    repeat(s, mc_length(CAST(n AS HUGEINT), strlen(s))::BIGINT);
