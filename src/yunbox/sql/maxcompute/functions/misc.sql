-- Identity cards.

-- The birthday in a Chinese identity card's number of 18 digits, or of 15 as they were once.
CREATE OR REPLACE MACRO mc_idcard_birthday(c) AS
    TRY_CAST(
        try_strptime(
            CASE length(c)
                WHEN 18 THEN substr(c, 7, 8)
                WHEN 15 THEN '19' || substr(c, 7, 6)
            END,
            '%Y%m%d'
        ) AS DATE
    );

-- The sex in an identity card's number: odd is male.
CREATE OR REPLACE MACRO mc_idcard_sex(c) AS
    CASE
        WHEN length(c) IN (15, 18)
            THEN CASE
                WHEN TRY_CAST(substr(c, CASE length(c) WHEN 18 THEN 17 ELSE 15 END, 1) AS INTEGER) % 2 = 1 THEN '男'
                ELSE '女'
            END
    END;
