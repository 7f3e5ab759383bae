-- Arrays, in which NULL equals NULL.
CREATE OR REPLACE MACRO fl_element(a) AS
  CASE WHEN len(a) > 1 THEN error('ELEMENT of an array with more than one element') ELSE a[1] END;
CREATE OR REPLACE MACRO fl_array_contains(a, x) AS
  CASE WHEN a IS NOT NULL THEN len(list_filter(a, lambda e: e IS NOT DISTINCT FROM x)) > 0 END;
CREATE OR REPLACE MACRO fl_array_position(a, x) AS
  CASE WHEN a IS NOT NULL AND x IS NOT NULL THEN CAST(coalesce(list_position(a, x), 0) AS INTEGER) END;
CREATE OR REPLACE MACRO fl_array_distinct(a) AS
  list_filter(a, lambda x, i: len(list_filter(a[1:i - 1], lambda y: y IS NOT DISTINCT FROM x)) = 0);
CREATE OR REPLACE MACRO fl_array_slice(a, start, stop) AS
  CASE WHEN a IS NULL OR start IS NULL OR stop IS NULL THEN NULL
  ELSE list_slice(a, CASE WHEN start = 0 THEN 1 WHEN start < 0 THEN greatest(len(a) + start + 1, 1) ELSE start END,
    CASE WHEN stop < 0 THEN len(a) + stop + 1 ELSE least(stop, len(a)) END) END;
CREATE OR REPLACE MACRO fl_array_except(a, b) AS
  CASE WHEN b IS NOT NULL THEN fl_array_distinct(list_filter(a, lambda x: NOT fl_array_contains(b, x))) END;
CREATE OR REPLACE MACRO fl_array_intersect(a, b) AS
  CASE WHEN b IS NOT NULL THEN fl_array_distinct(list_filter(a, lambda x: fl_array_contains(b, x))) END;
CREATE OR REPLACE MACRO fl_array_join(a, s, nothing) AS
  fl_joined(list_filter(list_transform(a, lambda x: coalesce(x, nothing)), lambda x: x IS NOT NULL), s);
CREATE OR REPLACE MACRO fl_is_json(t, kind) AS
  CASE WHEN t IS NULL THEN NULL WHEN NOT json_valid(t) THEN FALSE WHEN kind = 'VALUE' THEN TRUE
  WHEN kind = 'OBJECT' THEN json_type(t) = 'OBJECT' WHEN kind = 'ARRAY' THEN json_type(t) = 'ARRAY'
  ELSE json_type(t) NOT IN ('OBJECT', 'ARRAY') END;
