-- Histograms.

-- Which of n buckets from a to b holds x; 0 is below, n + 1 above and at the end.
CREATE OR REPLACE MACRO mc_width_bucket(x, a, b, n) AS
    CASE
        WHEN a IS NULL OR b IS NULL OR n IS NULL THEN NULL
        WHEN a >= b OR n <= 0
            THEN mc_error('ODPS-0121095:Invalid argument - function width_bucket needs a range and a number of buckets')
        WHEN x < a THEN 0
        WHEN x > b THEN n + 1
        WHEN x = b THEN n + 1
        ELSE CAST(floor(n * (x - a) / (b - a) + 1) AS BIGINT)
    END;
