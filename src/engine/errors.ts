import { HangarError } from '#kernel'

// Texts and statuses as Fly's API gives them; its clients match on some of these sentences.

export const engineErrors = {
  appNotFound: (name: string) =>
    new HangarError(`Could not find App "${name}"`, {
      code: 'HGR_ENGINE_APP_NOT_FOUND',
      status: 404,
      hint: 'See the apps here: hangar apps list',
    }),
  nameTaken: (name: string) =>
    new HangarError(`Name has already been taken: ${name}`, {
      code: 'HGR_ENGINE_NAME_TAKEN',
      status: 422,
      data: { status: 'name_taken' },
    }),
  appName: (name: string) =>
    new HangarError(`"${name}" is not an app name`, {
      code: 'HGR_ENGINE_APP_NAME',
      status: 400,
      hint: 'Use 1 to 63 lower-case letters, digits and hyphens, beginning with a letter or digit and not ending with a hyphen.',
    }),
  appHasMachines: (name: string, count: number) =>
    new HangarError(`App "${name}" still has ${count} machine${count === 1 ? '' : 's'}`, {
      code: 'HGR_ENGINE_APP_IN_USE',
      status: 409,
      hint: 'Destroy them first, or use force.',
    }),
  machineNotFound: (id: string) =>
    new HangarError(`machine not found: ${id}`, { code: 'HGR_ENGINE_MACHINE_NOT_FOUND', status: 404 }),
  invalid: (message: string, hint?: string) =>
    new HangarError(`invalid_argument: ${message}`, {
      code: 'HGR_ENGINE_INVALID',
      status: 400,
      ...(hint ? { hint } : {}),
    }),
  transition: (id: string, doing: string, state: string) =>
    new HangarError(`unable to ${doing} machine ${id} from current state: '${state}'`, {
      code: 'HGR_ENGINE_STATE',
      status: 412,
    }),
  destroyNeedsForce: (id: string, state: string) =>
    new HangarError(
      `failed_precondition: unable to destroy machine ${id}, not currently stopped but ${state}`,
      {
        code: 'HGR_ENGINE_RUNNING',
        status: 412,
        hint: 'Stop it first, or use force.',
      },
    ),
  leaseHeld: (id: string, owner: string, until: string) =>
    new HangarError(`machine ID ${id} lease currently held by ${owner}, expires at ${until}`, {
      code: 'HGR_ENGINE_LEASE_HELD',
      status: 409,
    }),
  leaseNotFound: () =>
    new HangarError('lease not found', { code: 'HGR_ENGINE_LEASE_NOT_FOUND', status: 404 }),
  versionMismatch: (wanted: string, found: string) =>
    new HangarError(`machine version is ${found}, not ${wanted}`, {
      code: 'HGR_ENGINE_VERSION',
      status: 412,
    }),
  waitTimeout: (wanted: string, state: string) =>
    new HangarError(`machine failed to reach desired state, ${wanted}, currently ${state}`, {
      code: 'HGR_ENGINE_WAIT',
      status: 408,
    }),
  waitRange: () => engineErrors.invalid('wait timeout must be between 1s and 1m0s'),
  secretsVersion: (wanted: number, found: number) =>
    new HangarError(`app secrets are at version ${found}, the machine needs ${wanted}`, {
      code: 'HGR_ENGINE_SECRETS_VERSION',
      status: 412,
    }),
  secretMissing: (name: string, path: string) =>
    new HangarError(`the file ${path} needs the secret ${name}, which the app does not have`, {
      code: 'HGR_ENGINE_SECRET_MISSING',
      status: 412,
      hint: `Set ${name} and start the machine again.`,
    }),
  volumeNotFound: (id: string) =>
    new HangarError(`volume not found: ${id}`, { code: 'HGR_ENGINE_VOLUME_NOT_FOUND', status: 404 }),
  volumeAttached: (id: string, machine: string) =>
    new HangarError(`volume ${id} is attached to machine ${machine}`, {
      code: 'HGR_ENGINE_VOLUME_ATTACHED',
      status: 409,
    }),
  noPort: (from: number, to: number) =>
    new HangarError(`No free loopback port between ${from} and ${to} was found`, {
      code: 'HGR_ENGINE_NO_PORT',
      status: 507,
      kind: 'user',
      hint: 'Destroy silos that are no longer needed, or widen the range.',
    }),
  notRunning: (id: string, state: string) =>
    new HangarError(`machine ${id} is not running but ${state}`, {
      code: 'HGR_ENGINE_NOT_RUNNING',
      status: 412,
    }),
  ipNotFound: (ip: string) =>
    new HangarError(`ip address not found: ${ip}`, { code: 'HGR_ENGINE_IP_NOT_FOUND', status: 404 }),
  keyNotFound: (key: string) =>
    new HangarError(`metadata key not found: ${key}`, { code: 'HGR_ENGINE_METADATA_NOT_FOUND', status: 404 }),
  overtaken: (why: string) => new HangarError(why, { code: 'HGR_ENGINE_OVERTAKEN', status: 409 }),
  startTimeout: (seconds: number) =>
    new HangarError(`it was not ready after ${seconds} s`, {
      code: 'HGR_ENGINE_START_TIMEOUT',
      status: 504,
      kind: 'user',
    }),
  endedWhileStarting: (how: string) =>
    new HangarError(`it ended while it started: ${how}`, {
      code: 'HGR_ENGINE_EXITED',
      status: 502,
      kind: 'user',
    }),
}
