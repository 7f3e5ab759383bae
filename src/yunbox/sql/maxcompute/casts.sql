-- Text to numbers and times. What is no number at all gives NULL, or the vendor's ODPS-0123091 in strict mode.

-- A text that DuckDB may read as a number: it takes digits grouped by underscores too, which the vendor does not.
CREATE OR REPLACE MACRO mc_numeral(x) AS
    CASE WHEN NOT contains(x, '_') THEN x END;

-- The number that a text begins with, as text: "123" of "123abc".
CREATE OR REPLACE MACRO mc_leading(x) AS
    nullif(regexp_extract(x, '^\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?'), '');

-- Fails the statement where it is computed; the text begins with the vendor's code.
CREATE OR REPLACE MACRO mc_error(told) AS
    CASE WHEN yb_fail(told) THEN NULL END;

-- Fails the statement where a text that is not NULL could not be converted.
CREATE OR REPLACE MACRO mc_refused(x, of) AS
    CASE
        WHEN x IS NOT NULL THEN mc_error(
            'ODPS-0123091:Illegal type cast - in function cast, value ''' || left(x, 1000)
            || ''' cannot be casted from String to ' || of
        )
    END;

-- A text in the form of a DATE; every unit has all its digits.
CREATE OR REPLACE MACRO mc_date_form(x) AS
    CASE WHEN x LIKE '____-__-__' THEN x END;

-- A text in the form of a DATETIME or TIMESTAMP.
CREATE OR REPLACE MACRO mc_instant_form(x) AS
    CASE WHEN x LIKE '____-__-__ __:__:__' OR x LIKE '____-__-__' OR x LIKE '____-__-__ __:__:__.%' THEN x END;

-- A text in the form of a TIMESTAMP. Tables keep microseconds, so a finer one is refused, not cut.
CREATE OR REPLACE MACRO mc_timestamp_form(x) AS
    CASE
        WHEN length(x) > 26 AND regexp_matches(x, '\.\d{6}\d*[1-9]') THEN mc_error(
            'ODPS-0130071:Semantic analysis exception - a TIMESTAMP finer than a microsecond is not supported by Yunbox'
        )
        ELSE mc_instant_form(x)
    END;

-- A DECIMAL as text without the zeros that end its fraction.
CREATE OR REPLACE MACRO mc_trimmed(x) AS
    CASE WHEN contains(CAST(x AS VARCHAR), '.') THEN rtrim(rtrim(CAST(x AS VARCHAR), '0'), '.') ELSE CAST(x AS VARCHAR) END;

-- A scalar of JSON as text; what is no scalar has none.
CREATE OR REPLACE MACRO mc_json_text(x) AS
    CASE
        WHEN json_type(x) IN ('ARRAY', 'OBJECT') THEN mc_error(
            'ODPS-0123091:Illegal type cast - in function cast, a JSON array or object cannot be casted to String'
        )
        ELSE x ->> '$'
    END;

-- What a DECIMAL is divided by, which is not zero.
CREATE OR REPLACE MACRO mc_divisor(x) AS
    CASE WHEN x = 0 THEN mc_error('ODPS-0121145:Data overflow - a DECIMAL is divided by zero') ELSE x END;
