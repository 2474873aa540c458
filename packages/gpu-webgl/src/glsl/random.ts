/** Random numbers in GLSL: Philox4x32-10 (Salmon et al. 2011), a block of four words for each texel. */

/** `uvec4 block(int t)`: block t of a stretch of the random stream. */
export const PHILOX = `uniform uint keyLow, keyHigh, counterLow, counterHigh;
uint high(uint a, uint b) {
  uint aLow = a & 0xffffu, aHigh = a >> 16u, bLow = b & 0xffffu, bHigh = b >> 16u;
  uint middle = aHigh * bLow + (aLow * bLow >> 16u);
  uint carry = aLow * bHigh + (middle & 0xffffu);
  return aHigh * bHigh + (middle >> 16u) + (carry >> 16u);
}
uvec4 block(int t) {
  uint low = counterLow + uint(t);
  uvec4 c = uvec4(low, counterHigh + uint(low < counterLow), 0u, 0u);
  uvec2 k = uvec2(keyLow, keyHigh);
  for (int i = 0; i < 10; i++) {
    c = uvec4(high(0xcd9e8d57u, c.z) ^ c.y ^ k.x, 0xcd9e8d57u * c.z, high(0xd2511f53u, c.x) ^ c.w ^ k.y, 0xd2511f53u * c.x);
    k += uvec2(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}`;

/** `vec4 unit(uvec4 words)`: numbers in [0, 1) with 24 random bits. */
export const UNIT = 'vec4 unit(uvec4 words) { return vec4(words >> 8u) * 5.9604644775390625e-8; }';

/**
 * `vec4 bell(uvec4 words)`: normal numbers by Box and Muller's formula. ln u is taken of 1 − u where u is near 1, and the angle is
 * measured from the nearest quarter of a turn, so that no digits are lost.
 */
export const BELL = `vec2 bell(uint first, uint second) {
  bool near = first >= 0x80000000u;
  float u = (float(near ? ~first : first) + .5) * 2.3283064365386963e-10;
  vec4 logarithm = near ? log1p4(vec4(-u)) : log4(vec4(u));
  float radius = sqrt(-2. * logarithm.x);
  uint quarter = (second + 0x20000000u) >> 30u;
  float angle = (float(int(second - (quarter << 30u))) + .5) * 1.4629180792671596e-9;
  float s = sin4(vec4(angle)).x, c = cos4(vec4(angle)).x;
  vec2 y = (quarter & 1u) == 0u ? vec2(c, s) : vec2(-s, c);
  return radius * ((quarter & 2u) == 0u ? y : -y);
}
vec4 bell(uvec4 words) { return vec4(bell(words.x, words.y), bell(words.z, words.w)); }`;
