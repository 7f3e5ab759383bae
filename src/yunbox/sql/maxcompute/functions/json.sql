-- JSON texts and values.

-- What a path leads to, as text; NULL for a text that is no JSON.
CREATE OR REPLACE MACRO mc_get_json(j, p) AS
    CASE WHEN json_valid(j) THEN json_extract_string(j, p) END;

-- What a path with a wildcard leads to, as a JSON array; NULL where there is nothing.
CREATE OR REPLACE MACRO mc_get_json_all(j, p) AS
    CASE
        WHEN json_valid(j) AND len(json_extract(j, p)) > 0 THEN CAST(to_json(json_extract(j, p)) AS VARCHAR)
    END;

-- The type of a JSON value by the vendor's names.
CREATE OR REPLACE MACRO mc_json_type(j) AS
    CASE json_type(j)
        WHEN 'OBJECT' THEN 'object'
        WHEN 'ARRAY' THEN 'array'
        WHEN 'VARCHAR' THEN 'string'
        WHEN 'BOOLEAN' THEN 'boolean'
        WHEN 'NULL' THEN 'null'
        ELSE CASE WHEN j IS NOT NULL THEN 'number' END
    END;

-- How many elements or keys a JSON value has; 1 for a plain one.
CREATE OR REPLACE MACRO mc_json_length(j) AS
    CASE json_type(j)
        WHEN 'ARRAY' THEN CAST(json_array_length(j) AS BIGINT)
        WHEN 'OBJECT' THEN len(json_keys(j))
        ELSE CASE WHEN j IS NOT NULL THEN 1 END
    END;
