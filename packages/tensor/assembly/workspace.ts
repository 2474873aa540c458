/** Memory of one thread: the host gives every instance of the module a workspace of its own. */

import { MR, NR } from './tile';

/** Depth of a packed panel: a tile's panels stay in the first-level cache. */
export const KC: i32 = 256;
/** Rows of A packed at a time: they stay in the second-level cache. */
export const MC: i32 = 96;
/** Columns of B packed at a time. */
export const NC: i32 = 1024;

const SOURCE: usize = 0;
const LANES: usize = 64;
const SPARE: usize = 128;
const ZEROS: usize = 192;
const EDGE: usize = 256;
const PACKED_A: usize = EDGE + <usize>(MR * NR * 4);
const PACKED_B: usize = PACKED_A + <usize>((MC + MR) * KC * 4);
const END: usize = PACKED_B + <usize>((NC + NR) * KC * 4);

let workspace: usize = 0;

/** Bytes of a workspace. */
export function workspaceBytes(): i32 {
  return <i32>END;
}

/** Gives this instance its workspace. */
export function setWorkspace(at: usize): void {
  workspace = at;
  memory.fill(at + ZEROS, 0, 64);
}

/** Scratch memory for the description of a right factor. */
// @ts-ignore: decorator
@inline
export function sourceScratch(): usize { return workspace + SOURCE; }
/** Where the positions of a panel lie in the image before the kernel element is added: NR rows, then NR columns. */
// @ts-ignore: decorator
@inline
export function lanes(): usize { return workspace + LANES; }
/** Scratch memory of one vector, for the rest of a row. */
// @ts-ignore: decorator
@inline
export function spare(): usize { return workspace + SPARE; }
/** 64 bytes of zeros. */
// @ts-ignore: decorator
@inline
export function zeros(): usize { return workspace + ZEROS; }
/** Scratch memory of one tile. */
// @ts-ignore: decorator
@inline
export function edge(): usize { return workspace + EDGE; }
/** Scratch memory for packed rows. */
// @ts-ignore: decorator
@inline
export function packedRows(): usize { return workspace + PACKED_A; }
/** Scratch memory for packed columns. */
// @ts-ignore: decorator
@inline
export function packedColumns(): usize { return workspace + PACKED_B; }
