-- Texts: places count from 1 and from the end, as Flink has them.
CREATE OR REPLACE MACRO fl_substring(t, start, n) AS
  CASE WHEN n < 0 THEN NULL
  WHEN start > 0 THEN substring(t, start, n)
  WHEN start = 0 THEN substring(t, 1, n)
  WHEN -start > length(t) THEN ''
  ELSE substring(t, length(t) + start + 1, n) END;
CREATE OR REPLACE MACRO fl_overlay(t, put, start, n) AS
  CASE WHEN put IS NULL OR n IS NULL THEN NULL WHEN start < 1 OR start > length(t) THEN t
  ELSE left(t, start - 1) || put || CASE WHEN n <= 0 THEN '' ELSE substring(t, start + n) END END;
CREATE OR REPLACE MACRO fl_java_groups(t) AS replace(t, '$', '\');
CREATE OR REPLACE MACRO fl_regexp_extract(t, p, g) AS CASE WHEN regexp_matches(t, p) THEN regexp_extract(t, p, g) END;
CREATE OR REPLACE MACRO fl_regexp_instr(t, p) AS
  CASE WHEN regexp_matches(t, p) THEN CAST(strpos(t, regexp_extract(t, p)) AS INTEGER) WHEN t IS NOT NULL AND p IS NOT NULL THEN 0 END;
CREATE OR REPLACE MACRO fl_initcap(t) AS yb_fl_initcap(t);
CREATE OR REPLACE MACRO fl_concat_ws(s, parts) AS
  CASE WHEN s IS NOT NULL THEN fl_joined(list_filter(parts, lambda x: x IS NOT NULL), s) END;
-- DuckDB's array_to_string takes a constant only.
CREATE OR REPLACE MACRO fl_joined(texts, s) AS
  CASE WHEN len(texts) = 0 THEN '' ELSE list_reduce(texts, lambda x, y: x || s || y) END;
CREATE OR REPLACE MACRO fl_lpad(t, n, pad) AS CASE WHEN n >= 0 AND pad <> '' THEN lpad(t, n, pad) END;
CREATE OR REPLACE MACRO fl_rpad(t, n, pad) AS CASE WHEN n >= 0 AND pad <> '' THEN rpad(t, n, pad) END;
-- The first byte, which is signed.
CREATE OR REPLACE MACRO fl_ascii(t) AS
  CASE WHEN t = '' THEN 0 WHEN ascii(t) < 128 THEN ascii(t)
  ELSE CAST(('0x' || left(hex(encode(t)), 2)) AS INTEGER) - 256 END;
CREATE OR REPLACE MACRO fl_chr(n) AS CASE WHEN n < 0 THEN '' ELSE chr(CAST(n % 256 AS INTEGER)) END;
CREATE OR REPLACE MACRO fl_locate(needle, t, start) AS
  CASE WHEN start IS NULL THEN NULL WHEN needle = '' AND t IS NOT NULL THEN 1 WHEN strpos(substring(t, greatest(start, 1)), needle) = 0 THEN 0
  ELSE CAST(strpos(substring(t, greatest(start, 1)), needle) + greatest(start, 1) - 1 AS INTEGER) END;
CREATE OR REPLACE MACRO fl_split_index(t, s, i) AS 
  CASE WHEN i < 0 OR t = '' THEN NULL WHEN s = '' THEN CASE WHEN i = 0 THEN t END
  ELSE list_extract(string_split(t, s), i + 1) END;
-- Java's split: what is empty at the end is none, and a value has what is behind the first delimiter.
CREATE OR REPLACE MACRO fl_str_to_map(t, pairs, vals) AS fl_map_of_last(list_transform(
  list_filter(regexp_split_to_array(CASE WHEN pairs = '' THEN t ELSE regexp_replace(t, '(?:' || pairs || ')+$', '') END, pairs), lambda x: t <> ''), lambda x:
    struct_pack(key := regexp_split_to_array(x, vals)[1], value := CASE WHEN regexp_matches(x, vals) THEN
      substr(x, length(regexp_split_to_array(x, vals)[1]) + length(regexp_extract(x, vals)) + 1) END)));
CREATE OR REPLACE MACRO fl_map_of_last(entries) AS map_from_entries(list_filter(entries, lambda x, i:
  NOT coalesce(list_contains(list_transform(entries[i + 1:], lambda y: y.key), x.key), FALSE)));
-- Around every letter where there is nothing to look for.
CREATE OR REPLACE MACRO fl_replace(t, old, new) AS
  CASE WHEN old = '' THEN regexp_replace(t, '', replace(new, '\', '\\'), 'g') ELSE replace(t, old, new) END;
CREATE OR REPLACE MACRO fl_translate(t, old, new) AS
  CASE WHEN old IS NULL THEN t ELSE translate(t, old, coalesce(new, '')) END;
CREATE OR REPLACE MACRO fl_inet_ntoa(n) AS CASE WHEN n BETWEEN 0 AND 4294967295 THEN
  CAST(n >> 24 AS VARCHAR) || '.' || CAST(n >> 16 & 255 AS VARCHAR) || '.' || CAST(n >> 8 & 255 AS VARCHAR) || '.' || CAST(n & 255 AS VARCHAR) END;
