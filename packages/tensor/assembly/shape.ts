/** The tile that the micro-kernel computes. */

/** Rows of a tile. */
export const MR: i32 = ASC_FEATURE_RELAXED_SIMD ? 6 : 4;
/** Columns of a tile: two vectors of four. */
export const NR: i32 = 8;
