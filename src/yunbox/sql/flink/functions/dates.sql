-- Times: moments by number, zones, and periods that overlap.
CREATE OR REPLACE MACRO fl_ltz(us) AS CAST(make_timestamptz(us) AS TIMESTAMPTZ);
CREATE OR REPLACE MACRO fl_unix(t) AS
  CASE WHEN t IS NULL THEN -9223372036854775808 ELSE CAST(floor(epoch(CAST(t AS TIMESTAMPTZ))) AS BIGINT) END;
CREATE OR REPLACE MACRO fl_convert_tz(t, source, target) AS
  TRY(strftime(timezone(target, timezone(source, fl_try_timestamp(t))), '%Y-%m-%d %H:%M:%S'));
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
