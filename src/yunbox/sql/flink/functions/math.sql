-- Arithmetic: BIGINTs that wrap at their ends, exact quotients, and rounding away from zero.
CREATE OR REPLACE MACRO fl_low64(x) AS
  CAST(((x + 9223372036854775808::HUGEINT) & 18446744073709551615::HUGEINT) - 9223372036854775808::HUGEINT AS BIGINT);
CREATE OR REPLACE MACRO fl_plus(a, b) AS fl_low64(CAST(a AS HUGEINT) + b);
CREATE OR REPLACE MACRO fl_minus(a, b) AS fl_low64(CAST(a AS HUGEINT) - b);
CREATE OR REPLACE MACRO fl_times(a, b) AS fl_low64(CAST(a AS HUGEINT) * b);
CREATE OR REPLACE MACRO fl_quotient(n, d) AS
  (CASE WHEN (n < 0) = (d < 0) THEN 1 ELSE -1 END) * ((abs(n) // abs(d)) + CASE WHEN 2 * (abs(n) % abs(d)) >= abs(d) THEN 1 ELSE 0 END);
CREATE OR REPLACE MACRO fl_round(x, n) AS yb_fl_round(CAST(x AS DOUBLE), CAST(n AS INTEGER));
CREATE OR REPLACE MACRO fl_truncate(x, n) AS yb_fl_truncate(CAST(x AS DOUBLE), CAST(n AS INTEGER));
CREATE OR REPLACE MACRO fl_hex(n) AS CASE WHEN n = 0 THEN '0' ELSE to_hex(n) END;
CREATE OR REPLACE MACRO fl_unhex(t) AS
  CASE WHEN regexp_full_match(t, '[0-9A-Fa-f]*') THEN from_hex(CASE WHEN length(t) % 2 = 1 THEN '0' || t ELSE t END) END;
