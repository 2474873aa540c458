/** What all optimisers share: parameter groups, state kept by parameter, saving and restoring. */

import { enableGrad, noGrad } from '@dl/autograd';
import type { Shape, Tensor } from '@dl/tensor';
import { assign, full, isTensor, keep, sameShape, scope, UsageError, ValueError } from '@dl/tensor';
import { takes } from './signatures';

/** Options that every optimiser has. */
export interface CommonOptions {
  /** Climb instead of descending. Default false. */
  maximize?: boolean;
  /** The rate that schedules count from, which the first of them sets: PyTorch's `initial_lr`. Default none. */
  initialLr?: number;
}

/** Options with all defaults filled in. */
export type Settings<O extends CommonOptions> = Required<Omit<O, keyof CommonOptions>> &
  CommonOptions;

/** Sets the gradients and gives the loss, as `step` wants it: `() => { zeroGrad(); …; loss.backward(); return loss; }`. */
export type Closure = () => Tensor | number;

/** A parameter, alone or with the name under which its state is saved. */
export type NamedParameter = Tensor | readonly [name: string, parameter: Tensor];

/** Parameters that share options; options not given are the optimiser's. */
export type ParameterGroup<O> = { readonly params: Iterable<NamedParameter> } & Partial<O>;

/** What an optimiser accepts: parameters, or groups of them. */
export type Parameters<O> = Iterable<NamedParameter> | Iterable<ParameterGroup<O>>;

/** A group as the optimiser keeps it; its options can be changed between steps. */
export interface Group<O> {
  readonly params: readonly Tensor[];
  options: O;
}

/** State of one parameter: tensors and plain numbers by name. */
export type ParameterState = Record<string, Tensor | number>;

/** A saved optimiser. State is filed under the parameters' names, or positions where they have none. */
export interface OptimizerState<O> {
  readonly state: Readonly<Record<string, Readonly<ParameterState>>>;
  readonly options: readonly O[];
}

/**
 * The base of the optimisers.
 *
 * @typeParam O - the options of a group; they always have a learning rate.
 */
export abstract class Optimizer<O extends { lr: number } & CommonOptions> {
  /** The groups; change `options.lr` to change the learning rate. */
  readonly groups: Group<O>[];
  protected readonly names = new Map<Tensor, string>();
  private readonly states = new Map<Tensor, ParameterState>();
  private pending: (readonly [target: Tensor, value: Tensor])[] = [];

  /**
   * @param parameters - `model.parameters()`, `model.namedParameters()`, or groups `[{ params, lr }, …]`.
   * @throws ValueError where there is none, or one is named twice.
   */
  constructor(parameters: Parameters<O>, defaults: O) {
    takes('Optimizer', arguments, new.target.name);
    const entries = [...(parameters as Iterable<NamedParameter | ParameterGroup<O>>)];
    const grouped = entries.length > 0 && entries.every(isGroup);
    const groups = grouped
      ? (entries as ParameterGroup<O>[])
      : [{ params: entries } as unknown as ParameterGroup<O>];
    this.groups = groups.map(({ params, ...options }) => {
      checkGroup(new.target.name, params, options, defaults);
      return {
        params: Array.from(params, (entry) => this.enlist(entry)),
        options: { ...defaults, ...options } as O,
      };
    });
    if (this.names.size === 0)
      throw new ValueError(this.constructor.name, 'there are no parameters');
    for (const { options } of this.groups) this.checkOptions(options);
  }

  private enlist(entry: NamedParameter): Tensor {
    const pair = isTensor(entry) ? [String(this.names.size), entry] : entry;
    if (!Array.isArray(pair) || typeof pair[0] !== 'string' || !isTensor(pair[1])) {
      throw new ValueError(this.constructor.name, 'an entry is not a parameter', {
        args: { entry },
        expected: 'tensors, [name, tensor], or groups { params, lr, … }',
      });
    }
    const [name, parameter] = pair as [string, Tensor];
    if (this.names.has(parameter)) {
      throw new ValueError(this.constructor.name, `parameter ${name} is given twice`, {
        args: { parameter },
      });
    }
    this.names.set(parameter, name);
    return parameter;
  }

  /** Refuses options that make no sense. */
  protected checkOptions(options: O): void {
    expectAtLeast(this.constructor.name, 'lr', options.lr, 0);
  }

  /**
   * Changes one parameter by its gradient: by one fused update, or by `write`, so that an error on the way changes nothing.
   */
  protected abstract update(
    parameter: Tensor,
    gradient: Tensor,
    options: O,
    state: ParameterState,
  ): void;

  /**
   * One step for every parameter that has a gradient. Frees everything it creates. Where it throws (memory may run out), each
   * parameter and its state are as before, or as after the step: those that come first in the groups are done.
   */
  step(): undefined;
  /**
   * As `step()`, after a closure that computes loss and gradients.
   *
   * @param closure - computes the loss and its gradients. @returns what the closure returned, as it is.
   */
  step<L extends Tensor | number>(closure: () => L): L;
  step<L extends Tensor | number>(closure?: () => L): L | undefined {
    takes('Optimizer.step', arguments);
    const loss = closure && this.evaluate(closure);
    noGrad(() =>
      scope(() => {
        for (const { params, options } of this.groups) {
          for (const parameter of params) {
            const { grad } = parameter;
            if (!grad) continue;
            scope(() => {
              const gradient = options.maximize ? grad.neg() : grad;
              this.change(parameter, gradient, options);
            });
          }
        }
      }),
    );
    return loss;
  }

  /** Updates a parameter and its state, or neither. */
  private change(parameter: Tensor, gradient: Tensor, options: O): void {
    const state = this.stateOf(parameter);
    const before = { ...state };
    this.pending = [];
    try {
      this.update(parameter, gradient, options, state);
      // Copies of equal layout: they need no memory.
      for (const [target, value] of this.pending) assign(target, value);
    } catch (error) {
      for (const [name, value] of Object.entries(state)) {
        if (name in before) continue;
        if (isTensor(value)) value.dispose();
        delete state[name];
      }
      Object.assign(state, before);
      throw error;
    } finally {
      this.pending = [];
    }
  }

  /**
   * Sets `target`, the parameter or a part of its state, to `value` at the end of its update.
   *
   * @returns `value`, to go on with.
   */
  protected write(target: Tensor, value: Tensor): Tensor {
    this.pending.push([target, value]);
    return value;
  }

  /** Runs a closure with gradients; of what it makes only the loss is left. */
  protected evaluate<L extends Tensor | number>(closure: () => L): L {
    return scope(() => enableGrad(closure));
  }

  private stateOf(parameter: Tensor): ParameterState {
    const known = this.states.get(parameter);
    if (known) return known;
    const fresh: ParameterState = {};
    this.states.set(parameter, fresh);
    return fresh;
  }

  /** The state tensor `name` of a parameter; full of `start` (default 0) at first. */
  protected slot(state: ParameterState, name: string, parameter: Tensor, start = 0): Tensor {
    const known = state[name];
    if (isTensor(known)) return known;
    const { dtype, device } = parameter;
    const fresh = keep(full(this.shapeOfSlot(name, parameter), start, { dtype, device }));
    state[name] = fresh;
    return fresh;
  }

  /** The shape of the state tensor `name` of a parameter: that of the parameter, unless an optimiser says otherwise. */
  protected shapeOfSlot(_name: string, parameter: Tensor): Shape {
    return parameter.shape;
  }

  /** Counts the steps of a parameter. @returns 1 for the first. */
  protected count(state: ParameterState): number {
    const step = ((state.step as number | undefined) ?? 0) + 1;
    state.step = step;
    return step;
  }

  /** Frees the gradients of all parameters. */
  zeroGrad(): void {
    for (const { params } of this.groups) {
      for (const parameter of params) {
        parameter.grad?.dispose();
        parameter.grad = null;
      }
    }
  }

  /** State and options, to be saved; the tensors are the optimiser's own, not copies. */
  stateDict(): OptimizerState<O> {
    const state = Object.fromEntries(
      Array.from(this.states, ([parameter, values]) => [
        this.names.get(parameter) as string,
        values,
      ]),
    );
    return { state, options: this.groups.map(({ options }) => ({ ...options })) };
  }

  /**
   * Copies a saved state: the next step is the one that would have followed.
   *
   * @throws UsageError where names, groups or shapes do not fit, OutOfMemoryError; then nothing was changed.
   */
  loadStateDict(stateDict: OptimizerState<O>): void {
    takes('Optimizer.loadStateDict', arguments);
    const { state, options } = stateDict;
    const byName = new Map(Array.from(this.names, ([parameter, name]) => [name, parameter]));
    this.checkState(state, options.length, byName);
    noGrad(() =>
      scope(() => {
        // All memory first: where there is none, nothing has changed.
        const entries = Object.entries(state).map(([name, values]) => {
          const parameter = byName.get(name) as Tensor;
          return [parameter, this.loaded(parameter, values)] as const;
        });
        for (const [parameter, loaded] of entries) {
          const own = this.stateOf(parameter);
          for (const [key, value] of Object.entries(loaded)) {
            const known = own[key];
            if (isTensor(known) && isTensor(value)) assign(known, value);
            else own[key] = isTensor(value) ? keep(value) : value;
          }
        }
        this.groups.forEach((group, i) => {
          group.options = { ...options[i] };
        });
      }),
    );
  }

  /** A saved state in the dtype and on the device of its parameter; copies where there is no memory for it yet. */
  private loaded(parameter: Tensor, values: Readonly<ParameterState>): ParameterState {
    const known = this.states.get(parameter);
    const { dtype, device } = parameter;
    const entries = Object.entries(values).map(([key, value]) => {
      if (!isTensor(value)) return [key, value];
      const fitting = value.cast(dtype).to(device);
      return [key, known?.[key] || fitting !== value ? fitting : fitting.clone()];
    });
    return Object.fromEntries(entries);
  }

  private checkState(
    state: OptimizerState<O>['state'],
    groups: number,
    byName: ReadonlyMap<string, Tensor>,
  ): void {
    const problems =
      groups === this.groups.length ? [] : [`${groups} groups, not ${this.groups.length}`];
    for (const [name, values] of Object.entries(state)) {
      const parameter = byName.get(name);
      if (!parameter) problems.push(`no parameter ${name}`);
      for (const [key, value] of Object.entries(values)) {
        if (!parameter || !isTensor(value)) continue;
        if (!sameShape(value.shape, this.shapeOfSlot(key, parameter)))
          problems.push(`${name}.${key} has another shape`);
      }
    }
    if (problems.length === 0) return;
    throw new UsageError('loadStateDict', `the state does not fit: ${problems.join('; ')}`);
  }
}

/** Refuses a group without an iterable of parameters, and options that the optimiser does not have, or has of another type. */
function checkGroup(owner: string, params: unknown, options: object, defaults: object): void {
  if (typeof Object(params)[Symbol.iterator] !== 'function' || typeof params === 'string') {
    throw new ValueError(owner, 'the params of a group are not iterable', { args: { params } });
  }
  const known: Record<string, unknown> = { maximize: false, initialLr: 0, ...defaults };
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(known, name)) {
      const alike = Object.keys(known).find((key) => plainly(key) === plainly(name));
      throw new ValueError(owner, `a group cannot have the option ${name}`, {
        args: { [name]: value },
        hint: alike
          ? `did you mean ${alike}?`
          : `the options are ${Object.keys(known).sort().join(', ')}`,
      });
    }
    const usual = known[name];
    if (usual === null || usual === undefined || typeof usual === typeof value) continue;
    throw new ValueError(owner, `${name} of a group is not a ${typeof usual}`, {
      args: { [name]: value },
    });
  }
}

/** How names are compared when one is looked for that is meant: `weight_decay` and `weightDecay` are alike. */
const plainly = (name: string) => name.toLowerCase().replaceAll('_', '');

function isGroup(entry: unknown): boolean {
  return typeof entry === 'object' && entry !== null && 'params' in entry;
}

/** Parameters as a list. @throws ValueError where one is not a tensor. */
export function tensorsOf(owner: string, parameters: Iterable<Tensor>): Tensor[] {
  return Array.from(parameters, (parameter) => {
    if (isTensor(parameter)) return parameter;
    throw new ValueError(owner, 'an entry is not a parameter', {
      args: { entry: parameter },
      expected: 'tensors, as model.parameters() gives them',
    });
  });
}

/** Refuses an option below a bound. */
export function expectAtLeast(owner: string, name: string, value: number, least: number): void {
  if (value >= least) return;
  throw new ValueError(owner, `${name} must be at least ${least}`, { args: { [name]: value } });
}

/** Refuses a decay rate outside [0, 1). */
export function expectRate(owner: string, name: string, value: number): void {
  if (value >= 0 && value < 1) return;
  throw new ValueError(owner, `${name} must be from 0 to below 1`, { args: { [name]: value } });
}
