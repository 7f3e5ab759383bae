-- What CAST needs: texts to numbers, truths and times, and numbers to texts as Java writes them.
CREATE OR REPLACE MACRO fl_try_whole(t) AS
  CASE WHEN regexp_full_match(trim(t), '[-+]?[0-9]+(\.[0-9]*)?|[-+]?\.[0-9]+') THEN
    CAST(CASE WHEN regexp_extract(trim(t), '^[-+]?[0-9]+') = '' THEN '0' ELSE regexp_extract(trim(t), '^[-+]?[0-9]+') END AS HUGEINT) END;
CREATE OR REPLACE MACRO fl_whole(t) AS
  coalesce(fl_try_whole(t), CASE WHEN t IS NOT NULL THEN error('For input string: ''' || t || '''. Invalid character found.') END);
CREATE OR REPLACE MACRO fl_checked(value, checked) AS CASE WHEN checked IS NOT NULL THEN value END;
CREATE OR REPLACE MACRO fl_try_floating(t) AS
  CASE WHEN regexp_full_match(trim(t), '[-+]?(NaN|Infinity|([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?[dDfF]?)') THEN
    rtrim(trim(t), 'dDfF') END;
CREATE OR REPLACE MACRO fl_floating(t) AS
  coalesce(fl_try_floating(t), CASE WHEN t IS NOT NULL THEN error('For input string: "' || t || '"') END);
CREATE OR REPLACE MACRO fl_try_truth(t) AS
  CASE WHEN lower(t) IN ('t', 'true', 'y', 'yes', '1') THEN TRUE
  WHEN lower(t) IN ('f', 'false', 'n', 'no', '0') THEN FALSE END;
CREATE OR REPLACE MACRO fl_truth(t) AS
  coalesce(fl_try_truth(t), CASE WHEN t IS NOT NULL THEN error('Cannot parse ''' || t || ''' as BOOLEAN.') END);
CREATE OR REPLACE MACRO fl_try_date(t) AS
  CASE WHEN regexp_full_match(trim(t), '[0-9]{1,4}(-[0-9]{1,2}(-[0-9]{1,2})?)?([ T].*)?') THEN
    TRY_CAST(printf('%04d-%02d-%02d', nullif(CAST(regexp_extract(trim(t), '^[0-9]+') AS INTEGER), 0),
      CAST(coalesce(nullif(regexp_extract(trim(t), '^[0-9]+-([0-9]{1,2})', 1), ''), '1') AS INTEGER),
      CAST(coalesce(nullif(regexp_extract(trim(t), '^[0-9]+-[0-9]{1,2}-([0-9]{1,2})', 1), ''), '1') AS INTEGER)) AS DATE) END;
CREATE OR REPLACE MACRO fl_date(t) AS
  coalesce(fl_try_date(t), CASE WHEN t IS NOT NULL THEN error('For input string: ''' || t || '''.') END);
CREATE OR REPLACE MACRO fl_try_time(t) AS
  CASE WHEN regexp_full_match(trim(t), '([01]?[0-9]|2[0-3])(:[0-9]{1,2}(:[0-9]{1,2}(\.[0-9]*)?)?)?') THEN
    TRY_CAST(concat(regexp_extract(trim(t), '^([0-9]+)', 1), ':',
      coalesce(nullif(regexp_extract(trim(t), '^[0-9]+:([0-9]+)', 1), ''), '0'), ':',
      coalesce(nullif(regexp_extract(trim(t), '^[0-9]+:[0-9]+:([0-9]+(?:\.[0-9]{1,6})?)', 1), ''), '0')) AS TIME) END;
CREATE OR REPLACE MACRO fl_time(t) AS
  coalesce(fl_try_time(t), CASE WHEN t IS NOT NULL THEN error('For input string: ''' || t || '''.') END);
-- A time of day without what is less than some microseconds, and as text: with a digit of the second at least where its
-- type has one, and no zeros behind it.
CREATE OR REPLACE MACRO fl_clock(t, step) AS
  TIME '00:00:00' + to_microseconds(epoch_us(t) - epoch_us(t) % step);
CREATE OR REPLACE MACRO fl_clock_text(t, digits) AS
  CASE WHEN digits = 0 THEN left(CAST(t AS VARCHAR), 8)
  WHEN contains(CAST(t AS VARCHAR), '.') THEN regexp_replace(left(CAST(t AS VARCHAR), 9 + digits), '([.][0-9])0+$', '\1')
  ELSE CAST(t AS VARCHAR) || '.0' END;
-- The last day of a month where a text has a later one, up to the 31st.
CREATE OR REPLACE MACRO fl_try_day(t) AS
  coalesce(fl_try_date(t), CASE WHEN regexp_matches(t, '^[0-9]{4}-[0-9]{1,2}-(29|30|31)([^0-9]|$)') THEN
    last_day(fl_try_date(regexp_extract(t, '^[0-9]{4}-[0-9]{1,2}'))) END);
CREATE OR REPLACE MACRO fl_try_timestamp(t) AS
  CASE WHEN starts_with(t, '0000') THEN NULL  -- there is no such year of an era
  WHEN regexp_full_match(t, '[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}') THEN CAST(fl_try_day(t) AS TIMESTAMP)
  WHEN regexp_full_match(t, '[0-9]{4}-[0-9]{1,2}-[0-9]{1,2} [0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(\.[0-9]*)?') THEN
    fl_try_day(t) + fl_try_time(rtrim(regexp_extract(t, ' ([^.]*([.][0-9]{0,6})?)', 1), '.')) END;
CREATE OR REPLACE MACRO fl_timestamp(t) AS
  coalesce(fl_try_timestamp(t), CASE WHEN t IS NOT NULL THEN error('Text ''' || t || ''' could not be parsed as a timestamp') END);
CREATE OR REPLACE MACRO fl_parse_timestamp(t) AS date_trunc('millisecond', fl_try_timestamp(t));
CREATE OR REPLACE MACRO fl_double_text(x) AS
  CASE WHEN isnan(x) THEN 'NaN' WHEN isinf(x) THEN CASE WHEN x > 0 THEN 'Infinity' ELSE '-Infinity' END
  WHEN x = 0 OR (abs(x) >= 0.001 AND abs(x) < 10000000) THEN CAST(x AS VARCHAR)
  ELSE yb_fl_scientific(x) END;
CREATE OR REPLACE MACRO fl_float_text(x) AS
  CASE WHEN isnan(x) THEN 'NaN' WHEN isinf(x) THEN CASE WHEN x > 0 THEN 'Infinity' ELSE '-Infinity' END
  WHEN x = 0 OR (abs(x) >= 0.001 AND abs(x) < 10000000) THEN CAST(CAST(x AS FLOAT) AS VARCHAR)
  ELSE yb_fl_scientific(CAST(CAST(CAST(x AS FLOAT) AS VARCHAR) AS DOUBLE)) END;
CREATE OR REPLACE MACRO fl_bytes(b, n, fixed) AS
  CASE WHEN octet_length(b) >= n THEN from_hex(left(hex(b), 2 * n))
  WHEN fixed THEN from_hex(rpad(hex(b), 2 * n, '0')) ELSE b END;
CREATE OR REPLACE MACRO fl_months_text(i) AS
  CASE WHEN extract('year' FROM i) < 0 OR extract('month' FROM i) < 0 THEN '-' ELSE '+' END
  || CAST(abs(extract('year' FROM i)) AS VARCHAR) || '-' || lpad(CAST(abs(extract('month' FROM i)) AS VARCHAR), 2, '0');
CREATE OR REPLACE MACRO fl_days_text(i) AS
  CASE WHEN epoch_ms(i) < 0 THEN '-' ELSE '+' END || CAST(abs(epoch_ms(i)) // 86400000 AS VARCHAR) || ' '
  || lpad(CAST(abs(epoch_ms(i)) // 3600000 % 24 AS VARCHAR), 2, '0') || ':'
  || lpad(CAST(abs(epoch_ms(i)) // 60000 % 60 AS VARCHAR), 2, '0') || ':'
  || lpad(CAST(abs(epoch_ms(i)) // 1000 % 60 AS VARCHAR), 2, '0') || '.'
  || lpad(CAST(abs(epoch_ms(i)) % 1000 AS VARCHAR), 3, '0');
CREATE OR REPLACE MACRO fl_float(x) AS
  CASE WHEN isnan(x) THEN 'NaN'::FLOAT WHEN x > 3.4028235677973366e38 THEN 'Infinity'::FLOAT WHEN x < -3.4028235677973366e38 THEN '-Infinity'::FLOAT
  ELSE CAST(x AS FLOAT) END;
