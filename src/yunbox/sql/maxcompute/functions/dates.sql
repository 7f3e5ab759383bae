-- Dates and times. DATETIME is TIMESTAMPTZ in the session's time zone.

-- Whole months when both are the same day or both the last of their months; else the rest in 31 days a month.
CREATE OR REPLACE MACRO mc_months_between(a, b) AS
    CASE
        WHEN day(a) = day(b)
            OR (CAST(a AS DATE) = last_day(CAST(a AS DATE)) AND CAST(b AS DATE) = last_day(CAST(b AS DATE)))
            THEN CAST((year(a) - year(b)) * 12 + month(a) - month(b) AS DOUBLE)
        ELSE (year(a) - year(b)) * 12
        + month(a) - month(b)
        + (
            (day(a) - day(b)) * 86400
            + (hour(a) - hour(b)) * 3600
            + (minute(a) - minute(b)) * 60
            + second(a) - second(b)
        ) / 2678400.0e0
    END;

-- The first day after d that is the week day w, of which two letters count.
CREATE OR REPLACE MACRO mc_next_day(d, w) AS
    strftime(
        d
        + CAST(
            (list_position(['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'], upper(left(w, 2))) - isodow(d) + 6) % 7
            + 1 AS INTEGER
        ),
        '%Y-%m-%d'
    );

-- The clock in zone z at the UTC time t.
CREATE OR REPLACE MACRO mc_from_utc(t, z) AS
    CAST(timezone(z, timezone('UTC', t)) AS TIMESTAMPTZ);

-- The UTC time at which the clock in zone z shows t.
CREATE OR REPLACE MACRO mc_to_utc(t, z) AS
    CAST(timezone('UTC', timezone(z, t)) AS TIMESTAMPTZ);

-- A text as a time: hour(), minute() and second() take one without a date too.
CREATE OR REPLACE MACRO mc_time_of(s) AS
    coalesce(TRY_CAST(s AS TIMESTAMP), CAST(TRY_CAST(s AS TIME) AS TIME) + DATE '1970-01-01');

-- A date or a time within the vendor's years, 0 to 9999; beyond them the statement fails.
CREATE OR REPLACE MACRO mc_in_range(t) AS
    CASE
        WHEN date_part('year', t) NOT BETWEEN 0 AND 9999
            THEN mc_error('ODPS-0121145:Data overflow - a date beyond the years 0 to 9999')
        ELSE t
    END;
