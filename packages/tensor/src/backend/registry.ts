/** Which devices there are, and the one new tensors go to. */

import { DeviceError, UsageError } from '../core/errors';
import type { Backend, Device } from './backend';

const backends = new Map<Device, Backend>();
let defaultDevice: Device = 'cpu';

// Two copies of this package would each have their own tensors, scopes and graphs; nothing would fit together.
const GUARD = Symbol.for('@dl/tensor');
const globals = globalThis as { [GUARD]?: string };
const SECOND_COPY = globals[GUARD] !== undefined;
globals[GUARD] ??= 'loaded';

/** Makes a device available under its name; a second registration of the same name replaces the first. */
export function registerBackend(backend: Backend): void {
  backends.set(backend.name, backend);
}

/**
 * The backend of a device.
 *
 * @throws DeviceError where the device was not registered.
 * @throws UsageError where two copies of @dl/tensor are loaded.
 */
export function backendFor(device: Device = defaultDevice): Backend {
  if (SECOND_COPY) {
    throw new UsageError('@dl/tensor', 'a second copy of the package is loaded', {
      hint: 'let every package depend on one version, and import it either as ESM or as CommonJS; `npm ls @dl/tensor` shows both',
    });
  }
  const backend = backends.get(device);
  if (!backend) {
    throw new DeviceError('device', `"${device}" is not available`, {
      expected: `one of ${registeredDevices().join(', ')}`,
      hint: device === 'webgl' ? 'call `await useWebGL()` of @dl/gpu-webgl first' : undefined,
    });
  }
  return backend;
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
