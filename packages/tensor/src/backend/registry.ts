/** Which devices there are, and the one new tensors go to. */

import type { DType } from '../core/dtype';
import type { DeviceLostError } from '../core/errors';
import { DeviceError, DTypeError, UsageError } from '../core/errors';
import type { Loss } from '../core/ledger';
import { deviceLost, ledgerOf } from '../core/ledger';
import type { Backend, Device } from './backend';

const backends = new Map<Device, Backend>();
let defaultDevice: Device = 'cpu';

// Two copies of this package would each have their own tensors, scopes and graphs; nothing would fit together.
const GUARD = Symbol.for('@dl/tensor');
const globals = globalThis as { [GUARD]?: string };
const SECOND_COPY = globals[GUARD] !== undefined;
globals[GUARD] ??= 'loaded';

/**
 * Makes a device available under its name. A second registration of the same name replaces the first: new tensors go to the new
 * backend, and those of the old one cannot be mixed with them.
 *
 * @throws UsageError where this very backend was lost: a device that is back has new memory, and so a new backend.
 * @example registerBackend({ ...memory, kernels: { ...throughReference(memory), add }, fused: {} })
 */
export function registerBackend(backend: Backend): void {
  const { name } = backend;
  if (ledgerOf(backend).loss) {
    throw new UsageError('registerBackend', `this backend of the device "${name}" was lost`, {
      expected: 'a new backend, with new memory',
    });
  }
  backends.set(backend.name, backend);
}

/**
 * Says that a device was lost with all that it held, as browsers take GPU contexts away. From now on every use of its tensors, and
 * making new ones there, is refused by a DeviceLostError; freeing them does nothing, and `memory(device)` is 0. Registering a new
 * backend under the same name brings the device back; the old tensors stay lost.
 *
 * @param loss - `reason`: what happened; `hint`: what brings the device back. A second call for the same backend changes nothing.
 * @returns the error, for a kernel or a read that has found out: `throw loseDevice(backend, { reason })`.
 */
export function loseDevice(backend: Backend, loss: Loss = {}): DeviceLostError {
  const ledger = ledgerOf(backend);
  if (!ledger.loss) ledger.close(loss);
  return deviceLost(backend.name, backend.name, ledger.loss ?? loss);
}

/**
 * The backend of a device.
 *
 * @throws DeviceError where the device was not registered.
 * @throws DeviceLostError where it was lost and not registered again.
 * @throws UsageError where two copies of @dl/tensor are loaded.
 */
export function backendFor(device: Device = defaultDevice): Backend {
  if (SECOND_COPY) {
    throw new UsageError('@dl/tensor', 'a second copy of the package is loaded', {
      hint: 'let every package depend on one version, and import it either as ESM or as CommonJS; `npm ls @dl/tensor` shows both',
    });
  }
  const backend = registered(device);
  const { loss } = ledgerOf(backend);
  if (loss) throw deviceLost('device', device, loss);
  return backend;
}

/** The backend that was registered under a name last, even if it is lost. @throws DeviceError where there is none. */
export function registered(device: Device): Backend {
  const backend = backends.get(device);
  if (backend) return backend;
  throw new DeviceError('device', `"${device}" is not available`, {
    expected: `one of ${registeredDevices().join(', ')}`,
    hint: 'other devices come from packages of their own, and are there once their function for it was called',
  });
}

/** Refuses a dtype that a device cannot hold. @throws DTypeError that names a device which can. */
export function expectHeld(op: string, backend: Backend, dtype: DType): void {
  if (backend.dtypes.includes(dtype)) return;
  const able = [...backends.values()].find((other) => other.dtypes.includes(dtype))?.name;
  throw new DTypeError(op, `the device "${backend.name}" cannot hold ${dtype}`, {
    expected: `one of ${backend.dtypes.join(', ')}`,
    hint: able && `the device "${able}" can: move the tensor there by x.to('${able}')`,
  });
}

/** The names of all devices that were registered. */
export function registeredDevices(): Device[] {
  return [...backends.keys()];
}

/** Sets the device that creation functions use when none is given; `cpu` at the start. */
export function setDefaultDevice(device: Device): void {
  backendFor(device);
  defaultDevice = device;
}

/** The device that creation functions use when none is given. */
export function getDefaultDevice(): Device {
  return defaultDevice;
}
