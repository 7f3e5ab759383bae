"""The functions of vectors, which are none of PostgreSQL's: distances of arrays of REAL.

Source: the vendor's pages "HGraph indexes" for those of now, which every database has, and "Proxima Graph indexes" for
those of before, which CREATE EXTENSION proxima brings. All give a REAL.
"""

FLOAT4, FLOAT4_ARRAY = 700, 1021
EXACT = (
    "euclidean_distance", "inner_product_distance", "cosine_distance", "pm_euclidean_distance",
    "pm_squared_euclidean_distance", "pm_inner_product_distance",
)  # fmt: skip
APPROXIMATE = (
    "approx_euclidean_distance", "approx_inner_product_distance", "approx_cosine_distance",
    "pm_approx_euclidean_distance", "pm_approx_squared_euclidean_distance", "pm_approx_inner_product_distance",
)  # fmt: skip
DISTANCES = (*EXACT, *APPROXIMATE)
FIRST_OID = 13_350
