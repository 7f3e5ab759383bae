-- Times: moments by number, zones, and periods that overlap.
CREATE OR REPLACE MACRO fl_ltz(us) AS CAST(make_timestamptz(us) AS TIMESTAMPTZ);
-- A moment by its milliseconds: of the years 1 to 9999, else none.
CREATE OR REPLACE MACRO fl_ltz_of(ms) AS
  CASE WHEN ms BETWEEN -62167219200000 AND 253402300799999 THEN make_timestamptz(CAST(ms AS BIGINT) * 1000) END;
-- A text as it is mostly written without a detour.
CREATE OR REPLACE MACRO fl_parse_leniently(t) AS coalesce(
  CASE WHEN length(t) = 19 THEN try_strptime(t, '%Y-%m-%d %H:%M:%S') END, yb_fl_parse_leniently(t, 'yyyy-MM-dd HH:mm:ss'));
-- A floating number of them is counted in nanoseconds, of which 64 bits reach from 1677 into 2262.
CREATE OR REPLACE MACRO fl_ltz_near(ms) AS CASE WHEN ms BETWEEN -62135596800000 AND 253402300799999 THEN
  fl_ltz_of(floor(least(greatest(ms, -9223372036854.775), 9223372036854.775))) END;
-- Days since 1970, towards it.
CREATE OR REPLACE MACRO fl_day_since(t) AS DATE '1970-01-01' + CAST(epoch_ms(t) // 86400000 AS INTEGER);
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
