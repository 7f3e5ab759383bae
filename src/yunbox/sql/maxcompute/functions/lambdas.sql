-- Functions that take a function.

-- Whether any is true, with the three values of SQL.
CREATE OR REPLACE MACRO mc_any(l) AS
    CASE
        WHEN list_contains(l, TRUE) THEN TRUE
        WHEN list_count(l) = len(l) THEN FALSE
    END;

-- Whether all are true, with the three values of SQL.
CREATE OR REPLACE MACRO mc_all(l) AS
    CASE
        WHEN list_contains(l, FALSE) THEN FALSE
        WHEN list_count(l) = len(l) THEN TRUE
    END;
