-- Times: moments by number, zones, and periods that overlap.
-- Milliseconds since 1970, without what is less than one: DuckDB's own rounds.
CREATE OR REPLACE MACRO fl_ms(t) AS (epoch_us(t) - (epoch_us(t) % 1000 + 1000) % 1000) // 1000;
CREATE OR REPLACE MACRO fl_ltz(us) AS CAST(make_timestamptz(us) AS TIMESTAMPTZ);
-- How many of a unit of so many digits a second has, for a division that leaves microseconds.
CREATE OR REPLACE MACRO fl_parts(digits) AS CASE WHEN digits IS NULL THEN NULL
  WHEN digits BETWEEN 0 AND 9 THEN CAST(power(10, digits) AS BIGINT)
  ELSE CAST(error('Precision for TO_TIMESTAMP_LTZ must be between 0 and 9 but was ' || digits || '.') AS BIGINT) END;
-- A moment by the number of its seconds, milliseconds and so on: of the years 0 to 9999, else none.
CREATE OR REPLACE MACRO fl_ltz_of(n, digits) AS
  CASE WHEN n BETWEEN -62167219200 * CAST(fl_parts(digits) AS HUGEINT) AND 253402300800 * CAST(fl_parts(digits) AS HUGEINT) - 1 THEN
    make_timestamptz(CAST(CASE WHEN digits <= 6 THEN n * (1000000 // fl_parts(digits))
      ELSE (n - (n % (fl_parts(digits) // 1000000) + fl_parts(digits) // 1000000) % (fl_parts(digits) // 1000000))
        // (fl_parts(digits) // 1000000) END AS BIGINT)) END;
-- A text as it is mostly written without a detour.
CREATE OR REPLACE MACRO fl_parse_leniently(t) AS coalesce(
  CASE WHEN length(t) = 19 THEN try_strptime(t, '%Y-%m-%d %H:%M:%S') END, yb_fl_parse_leniently(t, 'yyyy-MM-dd HH:mm:ss'));
-- A floating number of them is counted in nanoseconds, of which 64 bits reach from 1677 into 2262.
CREATE OR REPLACE MACRO fl_ltz_near(n, digits) AS CASE WHEN n * 1e6 / fl_parts(digits)
  BETWEEN -62135596800e6 AND 253402300799999e3 THEN
    make_timestamptz(least(greatest(CAST(floor(n * 1e6 / fl_parts(digits)) AS BIGINT), -9223372036854776), 9223372036854775)) END;
-- Days since 1970, towards it.
CREATE OR REPLACE MACRO fl_day_since(t) AS DATE '1970-01-01' + CAST(fl_ms(t) // 86400000 AS INTEGER);
CREATE OR REPLACE MACRO fl_low32(n) AS CAST(((n + 2147483648) & 4294967295) - 2147483648 AS INTEGER);
CREATE OR REPLACE MACRO fl_unix(t) AS
  CASE WHEN t IS NULL THEN -9223372036854775808 ELSE CAST(floor(epoch(CAST(t AS TIMESTAMPTZ))) AS BIGINT) END;
CREATE OR REPLACE MACRO fl_convert_tz(t, source, target) AS
  TRY(strftime(timezone(yb_fl_zone(target), timezone(yb_fl_zone(source), fl_parse_leniently(t))), '%Y-%m-%d %H:%M:%S'));
CREATE OR REPLACE MACRO fl_ceil_time(t, unit, step) AS
  CASE WHEN CAST(date_trunc(unit, DATE '1970-01-01' + t) AS TIME) = t THEN t
  ELSE CAST(date_trunc(unit, DATE '1970-01-01' + t) + step AS TIME) END;
CREATE OR REPLACE MACRO fl_overlaps(a, b, c, d) AS
  greatest(a, b) >= least(c, d) AND greatest(c, d) >= least(a, b);
-- Months between the days; a time of day counts only where they are whole.
CREATE OR REPLACE MACRO fl_month_diff(a, b) AS
  datesub('month', CAST(a AS DATE), CAST(b AS DATE)) - CASE
    WHEN CAST(CAST(a AS DATE) + to_months(CAST(datesub('month', CAST(a AS DATE), CAST(b AS DATE)) AS INTEGER)) AS DATE) = CAST(b AS DATE)
      AND CAST(b AS TIME) < CAST(a AS TIME) THEN 1 ELSE 0 END;
