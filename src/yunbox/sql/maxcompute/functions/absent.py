"""The vendor's functions that are not there: a call names them and says so, and the reference page lists them."""

from yunbox.sql.maxcompute.functions.registry import category, unsupported

category("Encryption, encoding and URL functions")
unsupported(
    "sym_encrypt sym_decrypt enhanced_sym_encrypt enhanced_sym_decrypt new_keyset add_key_to_keyset keyset_to_json "
    "keyset_from_json rotate_keyset new_wrapped_keyset rewrap_keyset rotate_wrapped_keyset use_wrapped_keyset"
)
category("Network functions")
unsupported("net_host net_public_suffix net_reg_domain tcping")
category("Functions over OSS objects")
unsupported("get_data_from_oss get_signed_url_from_oss")
category("HyperLogLog++ functions")
unsupported("hll_count_init hll_count_merge_partial hll_count_extract hll_count_merge")
category("Date functions")
unsupported("to_time format_time")
category("Other functions")
unsupported("get_user_id reflect java_method assert_true")
category("Aggregate functions")
unsupported("bloom_filter collect_bloom_filter approx_histogram kmeans")
category("Bitmap functions")
unsupported(
    "rb_and rb_and_agg rb_and_cardinality rb_andnot rb_andnot_cardinality rb_build rb_build_agg rb_cardinality "
    "rb_contains rb_exists rb_flip rb_is_empty rb_iterate rb_maximum rb_minimum rb_or rb_or_agg rb_or_cardinality "
    "rb_range rb_rank rb_remove rb_to_array rb_xor rb_xor_agg rb_xor_cardinality"
)
category("Geographic functions")
unsupported(
    "st_geogpoint st_makeline st_makepolygon st_geogfromtext st_geogfromwkb st_boundingbox st_covers st_dwithin "
    "st_area st_asbinary st_asgeojson st_asjson st_astext st_boundary st_buffer st_centroid st_contains st_convexhull "
    "st_coorddim st_crosses st_difference st_dimension st_disjoint st_distance st_endpoint st_envelope st_equals "
    "st_exteriorring st_geodesiclengthwgs84 st_geomcollection st_geometryn st_geometrytype st_geomfromgeojson "
    "st_geomfromjson st_geomfromtext st_geomfromwkb st_interiorringn st_intersection st_intersects st_is3d st_isclosed "
    "st_isempty st_ismeasured st_isring st_issimple st_length st_linefromwkb st_linestring st_multilinestring "
    "st_multipoint st_multipolygon st_numgeometries st_numinteriorring st_numpoints st_overlaps st_point "
    "st_pointfromwkb st_pointn st_polygon st_polyfromwkb st_relate st_setsrid st_srid st_startpoint st_symmetricdiff "
    "st_touches st_union st_within st_x st_y st_z"
)
category("Intelligent functions")
unsupported("ai_generate ai_embed ml_predict")
