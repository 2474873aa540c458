/** A line search after Nocedal and Wright 2006, algorithms 3.5 and 3.6, with the choices of PyTorch's. */

/** What is known of the function at a point of the line. */
export interface LinePoint {
  /** How far along the direction. */
  readonly at: number;
  readonly value: number;
  readonly gradient: Float64Array;
  /** The derivative along the direction. */
  readonly slope: number;
}

/** Bounds and constants of a search. */
export interface LineSearchOptions {
  /** The largest element of the direction. */
  readonly size: number;
  /** A bracket whose ends are closer than this is not divided. */
  readonly tolerance: number;
  /** Evaluations at most. */
  readonly limit: number;
}

/** Sufficient decrease, and curvature. */
const [C1, C2] = [1e-4, 0.9];

/** The minimum of the cubic through two points with their slopes, within bounds. */
function cubicMinimum(a: LinePoint, b: LinePoint, low: number, high: number): number {
  const d1 = a.slope + b.slope - (3 * (a.value - b.value)) / (a.at - b.at);
  const square = d1 * d1 - a.slope * b.slope;
  if (!(square >= 0)) return (low + high) / 2;
  const [left, right] = a.at <= b.at ? [a, b] : [b, a];
  const d2 = Math.sqrt(square);
  const part = (right.slope + d2 - d1) / (right.slope - left.slope + 2 * d2);
  return Math.min(Math.max(right.at - (right.at - left.at) * part, low), high);
}

/**
 * A point with a lower value (Armijo) and a flatter slope (strong Wolfe), or the best that was found.
 *
 * @param evaluate - the function at a distance along the direction. @param start - where the search begins, at 0. @param first - the
 * first distance tried. @returns the point, and how often the function was evaluated.
 */
export function strongWolfe(
  evaluate: (at: number) => LinePoint,
  start: LinePoint,
  first: number,
  { size, tolerance, limit }: LineSearchOptions,
): { point: LinePoint; evaluations: number } {
  const low = (point: LinePoint) => point.value <= start.value + C1 * point.at * start.slope;
  const flat = (point: LinePoint) => Math.abs(point.slope) <= -C2 * start.slope;
  let previous = start;
  let point = evaluate(first);
  let evaluations = 1;
  let iterations = 0;
  let bracket: [LinePoint, LinePoint] | null = null;
  for (; iterations < limit && !bracket; iterations++) {
    if (!low(point) || (iterations > 1 && point.value >= previous.value)) {
      bracket = [previous, point];
      break;
    }
    if (flat(point)) return { point, evaluations };
    if (point.slope >= 0) {
      bracket = [previous, point];
      break;
    }
    const bounds = [point.at + 0.01 * (point.at - previous.at), point.at * 10] as const;
    const next = cubicMinimum(previous, point, ...bounds);
    previous = point;
    point = evaluate(next);
    evaluations++;
  }
  let [best, worst] = bracket ?? [start, point];
  if (worst.value < best.value) [best, worst] = [worst, best];
  let slow = false;
  for (; iterations < limit; iterations++) {
    if (Math.abs(best.at - worst.at) * size < tolerance) break;
    const [left, right] = [Math.min(best.at, worst.at), Math.max(best.at, worst.at)];
    let at = cubicMinimum(best, worst, left, right);
    const margin = 0.1 * (right - left);
    // Close to an end twice in a row, or at it: away from it.
    if (Math.min(right - at, at - left) < margin) {
      if (slow || at >= right || at <= left) {
        at = Math.abs(at - right) < Math.abs(at - left) ? right - margin : left + margin;
        slow = false;
      } else slow = true;
    } else slow = false;
    point = evaluate(at);
    evaluations++;
    if (!low(point) || point.value >= best.value) {
      worst = point;
      if (worst.value < best.value) [best, worst] = [worst, best];
      continue;
    }
    if (flat(point)) return { point, evaluations };
    if (point.slope * (worst.at - best.at) >= 0) worst = best;
    best = point;
  }
  return { point: best, evaluations };
}
