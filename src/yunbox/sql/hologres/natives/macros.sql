-- Carriers: days and microseconds since 2000, whose extremes are the infinities, and the three numbers of an interval.
CREATE OR REPLACE MACRO hg_days(d) AS
    CASE WHEN isinf(d) THEN CASE WHEN d > DATE '2000-01-01' THEN 2147483647 ELSE CAST(-2147483648 AS INTEGER) END
    ELSE CAST(d - DATE '2000-01-01' AS INTEGER) END;
CREATE OR REPLACE MACRO hg_date(n) AS
    CASE WHEN n = 2147483647 THEN DATE 'infinity' WHEN n = -2147483648 THEN DATE '-infinity'
    ELSE DATE '2000-01-01' + CAST(n AS INTEGER) END;
CREATE OR REPLACE MACRO hg_us(t) AS
    CASE WHEN isinf(t) THEN
        CASE WHEN t > TIMESTAMP '2000-01-01' THEN 9223372036854775807 ELSE CAST(-9223372036854775808 AS BIGINT) END
    ELSE epoch_us(t) - 946684800000000 END;
CREATE OR REPLACE MACRO hg_timestamp(n) AS
    CASE WHEN n = 9223372036854775807 THEN TIMESTAMP 'infinity'
    WHEN n = CAST(-9223372036854775808 AS BIGINT) THEN TIMESTAMP '-infinity'
    WHEN n > 9222425352054775807 THEN error('PG0A000: timestamps after the year 294246 are not supported')
    ELSE make_timestamp(CAST(n AS BIGINT) + 946684800000000) END;
CREATE OR REPLACE MACRO hg_clock(t) AS
    CASE WHEN t = TIME '24:00:00' THEN 86400000000 ELSE CAST(epoch_us(t) AS BIGINT) END;
CREATE OR REPLACE MACRO hg_time(n) AS
    CASE WHEN n = 86400000000 THEN TIME '24:00:00' ELSE TIME '00:00:00' + to_microseconds(CAST(n AS BIGINT)) END;
CREATE OR REPLACE MACRO hg_interval(s) AS
    to_months(s.m) + to_days(s.d) + to_microseconds(s.u);
CREATE OR REPLACE MACRO hg_months(i) AS
    CAST(date_part('year', i) AS INTEGER) * 12 + CAST(date_part('month', i) AS INTEGER);
CREATE OR REPLACE MACRO hg_interval_us(i) AS
    CAST(date_part('hour', i) AS BIGINT) * 3600000000 + CAST(date_part('minute', i) AS BIGINT) * 60000000
    + CAST(date_part('microsecond', i) AS BIGINT);
CREATE OR REPLACE MACRO hg_parts(i) AS
    CASE WHEN i IS NOT NULL THEN
    struct_pack(m := hg_months(i), d := CAST(date_part('day', i) AS INTEGER), u := hg_interval_us(i)) END;
-- Numbers from one to another, of which a list may not have more than some; said of its end, as of constants the list
-- is made before a CASE around it is looked at.
CREATE OR REPLACE MACRO hg_numbers(a, b, step, most) AS
    generate_series(a, CASE WHEN step <> 0 AND (CAST(b AS HUGEINT) - a) // step >= most THEN
    error('PG54000: generate_series of more than ' || most || ' rows outside FROM is not supported') ELSE b END, step);
CREATE OR REPLACE MACRO hg_replace(t, a, b) AS
    CASE WHEN a = '' AND b IS NOT NULL THEN t
    ELSE replace(t, a, CASE WHEN strlen(t) // greatest(strlen(a), 1) * strlen(b) > 1073741823
    THEN error('PG54000: requested length too large') ELSE b END) END;
CREATE OR REPLACE MACRO hg_midnight(d) AS
    CASE WHEN isinf(d) THEN CASE WHEN d > DATE '2000-01-01' THEN TIMESTAMP 'infinity' ELSE TIMESTAMP '-infinity' END
    WHEN d > DATE '294246-12-31' THEN error('PG22008: date out of range for timestamp')
    ELSE CAST(d AS TIMESTAMP) END;
-- The rest of a division whose sign is the divisor's.
CREATE OR REPLACE MACRO hg_us_of_day(n) AS
    ((n % 86400000000) + 86400000000) % 86400000000;
-- Floats: what becomes endless, or 0, of numbers that are not is an error.
CREATE OR REPLACE MACRO hg_float_pl(a, b) AS
    CASE WHEN isinf(a + b) AND isfinite(a) AND isfinite(b) THEN error('PG22003: value out of range: overflow') ELSE a + b END;
CREATE OR REPLACE MACRO hg_float_mi(a, b) AS
    CASE WHEN isinf(a - b) AND isfinite(a) AND isfinite(b) THEN error('PG22003: value out of range: overflow') ELSE a - b END;
CREATE OR REPLACE MACRO hg_float_mul(a, b) AS
    CASE WHEN isinf(a * b) AND isfinite(a) AND isfinite(b) THEN error('PG22003: value out of range: overflow')
    WHEN a * b = 0 AND a <> 0 AND b <> 0 THEN error('PG22003: value out of range: underflow') ELSE a * b END;
CREATE OR REPLACE MACRO hg_float_div(a, b) AS
    CASE WHEN b = 0 AND NOT isnan(a) THEN error('PG22012: division by zero')
    WHEN isinf(a / b) AND isfinite(a) THEN error('PG22003: value out of range: overflow')
    WHEN a / b = 0 AND a <> 0 AND isfinite(b) THEN error('PG22003: value out of range: underflow') ELSE a / b END;
-- Lists: subscripts beyond the ends are NULL, and three values of truth.
CREATE OR REPLACE MACRO hg_at(l, i) AS
    CASE WHEN i >= 1 THEN list_extract(l, i) END;
CREATE OR REPLACE MACRO hg_slice(l, a, b) AS
    CASE WHEN l IS NULL OR a IS NULL OR b IS NULL THEN NULL
    WHEN b < 1 OR a > b THEN list_slice(l, 1, 0) ELSE list_slice(l, greatest(a, 1), b) END;
CREATE OR REPLACE MACRO hg_any(l) AS
    CASE WHEN l IS NULL THEN NULL WHEN list_contains(l, true) THEN true
    WHEN list_count(l) < len(l) THEN NULL ELSE false END;
CREATE OR REPLACE MACRO hg_all(l) AS
    CASE WHEN l IS NULL THEN NULL WHEN list_contains(l, false) THEN false
    WHEN list_count(l) < len(l) THEN NULL ELSE true END;
-- Letters of the locale C: what is ASCII goes to DuckDB.
CREATE OR REPLACE MACRO hg_lower(t) AS
    CASE WHEN strlen(t) = length(t) THEN lower(t) ELSE hg_lower_any(t) END;
CREATE OR REPLACE MACRO hg_upper(t) AS
    CASE WHEN strlen(t) = length(t) THEN upper(t) ELSE hg_upper_any(t) END;
CREATE OR REPLACE MACRO hg_name(t) AS
    CASE WHEN strlen(t) < 64 THEN t ELSE hg_cut_name(t) END;
-- Dates, times and intervals.
CREATE OR REPLACE MACRO hg_date_pl(d, n) AS
    CASE WHEN n IS NULL THEN NULL WHEN isinf(d) THEN d WHEN CAST(d - DATE '2000-01-01' AS BIGINT) + n NOT BETWEEN -2451545 AND 2145031948
    THEN error('PG22008: date out of range') ELSE d + CAST(n AS INTEGER) END;
CREATE OR REPLACE MACRO hg_date_mi(a, b) AS
    CASE WHEN a IS NULL OR b IS NULL THEN NULL
    WHEN isinf(a) OR isinf(b) THEN error('PG22008: cannot subtract infinite dates') ELSE CAST(a - b AS INTEGER) END;
CREATE OR REPLACE MACRO hg_span(n) AS
    to_days(CAST(n // 86400000000 AS INTEGER)) + to_microseconds(n % 86400000000);
CREATE OR REPLACE MACRO hg_timestamp_mi(a, b) AS
    CASE WHEN a IS NULL OR b IS NULL THEN NULL
    WHEN isinf(a) OR isinf(b) THEN error('PG22008: cannot subtract infinite timestamps')
    ELSE hg_span(epoch_us(a) - epoch_us(b)) END;
CREATE OR REPLACE MACRO hg_timestamp_pl(t, i) AS
    CASE WHEN i IS NULL THEN NULL WHEN isinf(t) THEN t WHEN t BETWEEN TIMESTAMP '0001-01-01' AND TIMESTAMP '9000-01-01'
    AND hg_months(i) BETWEEN -12000 AND 12000 AND date_part('day', i) BETWEEN -300000 AND 300000
    AND t + i BETWEEN TIMESTAMP '0001-01-01' AND TIMESTAMP '9999-12-31'
    THEN t + i ELSE hg_timestamp(hg_move(hg_us(t), hg_parts(i))) END;
CREATE OR REPLACE MACRO hg_interval_um(i) AS
    to_months(-hg_months(i)) + to_days(-CAST(date_part('day', i) AS INTEGER)) + to_microseconds(-hg_interval_us(i));
CREATE OR REPLACE MACRO hg_year(t) AS
    CASE WHEN year(t) > 0 THEN year(t) ELSE year(t) - 1 END;
-- Floats that Python makes: their texts become numbers.
CREATE OR REPLACE MACRO hg_math1(a, b) AS CAST(hg_math1_text(a, b) AS DOUBLE);
CREATE OR REPLACE MACRO hg_math2(a, b, c) AS CAST(hg_math2_text(a, b, c) AS DOUBLE);
CREATE OR REPLACE MACRO hg_num_float(a) AS CAST(hg_num_float_text(a) AS DOUBLE);
CREATE OR REPLACE MACRO hg_float_spread(a, b) AS CAST(hg_float_spread_text(a, b) AS DOUBLE);
CREATE OR REPLACE MACRO hg_regression(a, b) AS CAST(hg_regression_text(a, b) AS DOUBLE);
CREATE OR REPLACE MACRO hg_rb_jaccard(a, b) AS CAST(hg_rb_jaccard_text(a, b) AS DOUBLE);
CREATE OR REPLACE MACRO hg_rb64_jaccard(a, b) AS CAST(hg_rb64_jaccard_text(a, b) AS DOUBLE);
CREATE OR REPLACE MACRO hg_in_float4(a, b) AS CAST(hg_in_float4_text(a, b) AS FLOAT);
CREATE OR REPLACE MACRO hg_in_float8(a, b) AS CAST(hg_in_float8_text(a, b) AS DOUBLE);
CREATE OR REPLACE MACRO hg_zone_us(i) AS
    CASE WHEN hg_months(i) <> 0 OR date_part('day', i) <> 0
    THEN error('PG22023: interval time zone must not include months or days')
    ELSE hg_interval_us(i) // 1000000 * 1000000 END;
-- A day as it is compared with moments: one that no moment has is after all of them but the last.
CREATE OR REPLACE MACRO hg_as_moment(d) AS
    CASE WHEN d > DATE '294246-12-31' AND isfinite(d) THEN make_timestamp(9223372036854775806) ELSE hg_midnight(d) END;
-- Texts.
CREATE OR REPLACE MACRO hg_substring(t, a, n) AS
    CASE WHEN n IS NULL THEN NULL WHEN n < 0 THEN CASE WHEN t IS NOT NULL AND a IS NOT NULL THEN error('PG22011: negative substring length not allowed') END
    WHEN a >= 1 THEN substring(t, CAST(a AS BIGINT), CAST(n AS BIGINT))
    WHEN a < 1 THEN substring(t, 1, greatest(CAST(a AS BIGINT) + n - 1, 0)) END;
CREATE OR REPLACE MACRO hg_sleep(s) AS
    CASE WHEN s IS NOT NULL THEN coalesce(CAST(sleep_ms(
        CASE WHEN isnan(s) OR s <= 0 THEN 0 WHEN s >= 1e12 THEN 1000000000000000 ELSE CAST(s * 1000 AS BIGINT) END
    ) AS VARCHAR), '') END;
-- Retention: how many have each day's first event, and how many of them each of 15 later ones; entries are counted by
-- their values, of which there are few.
CREATE OR REPLACE MACRO hg_retention_day(entries, d) AS
    strftime(hg_date(d), '%Y%m%d') || ',' || list_aggregate([coalesce(list_sum([CAST(e.value AS BIGINT) FOR e IN entries
        IF (e.key - (e.key & 65535)) // 65536 = d AND (i = 0 OR (e.key >> (i - 1)) & 1 = 1)]), 0) FOR i IN range(16)],
        'string_agg', ',');
CREATE OR REPLACE MACRO hg_retention(counted) AS
    [hg_retention_day(map_entries(counted), d)
     FOR d IN list_sort(list_distinct([(k - (k & 65535)) // 65536 FOR k IN map_keys(counted)]))];
