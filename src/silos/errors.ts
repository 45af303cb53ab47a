import { HangarError } from '#kernel'

export const siloErrors = {
  exists: (alias: string) =>
    new HangarError(`A silo for ${alias} exists already`, {
      code: 'HGR_SILO_EXISTS',
      status: 409,
      hint: `See it with: hangar silo status ${alias}`,
    }),
  notFound: (name: string, known: readonly string[]) =>
    new HangarError(`There is no silo ${name}`, {
      code: 'HGR_SILO_NOT_FOUND',
      status: 404,
      hint: known.length
        ? `Silos here: ${known.slice(0, 10).join(', ')}.`
        : 'Create one with: hangar silo create <client> <app>',
    }),
  busy: (alias: string, doing: string) =>
    new HangarError(`The silo ${alias} is being worked on (${doing})`, {
      code: 'HGR_SILO_BUSY',
      status: 409,
      hint: 'Try again when that is done.',
    }),
  provisionFailed: (alias: string, step: string, why: string) =>
    new HangarError(`Provisioning ${alias} failed at "${step}" and was taken back: ${why}`, {
      code: 'HGR_SILO_PROVISION',
      status: 500,
      kind: 'user',
    }),
  takenBack: (alias: string) =>
    new HangarError(`The silo ${alias} had failed to be provisioned and is now taken back`, {
      code: 'HGR_SILO_TAKEN_BACK',
      status: 409,
    }),
  unhealthy: (app: string, state: string, ms: number) =>
    new HangarError(`${app} did not become healthy in ${Math.round(ms / 1000)} s; it is ${state}`, {
      code: 'HGR_SILO_UNHEALTHY',
      status: 504,
      kind: 'user',
      hint: `See its log: hangar logs -a ${app}`,
    }),
  notStarted: (app: string, why: string, hint?: string) =>
    new HangarError(`${app} did not start: ${why}`, {
      code: 'HGR_SILO_NOT_STARTED',
      status: 503,
      kind: 'user',
      hint: hint ?? `See its log: hangar logs -a ${app}`,
    }),
  asleep: (alias: string) =>
    new HangarError(`The silo ${alias} sleeps; there is nothing to keep awake`, {
      code: 'HGR_SILO_ASLEEP',
      status: 409,
      hint: `Start it first: hangar silo start ${alias}`,
    }),
  gone: (alias: string) =>
    new HangarError(`The silo ${alias} is being destroyed`, { code: 'HGR_SILO_GONE', status: 410 }),
  tooManyLeases: (alias: string, most: number) =>
    new HangarError(`The silo ${alias} has ${most} leases already`, {
      code: 'HGR_SILO_LEASES',
      status: 409,
      hint: `See them with: hangar silo leases ${alias}`,
    }),
  leaseFailed: (alias: string, why: string) =>
    new HangarError(`The lease on ${alias} could not be granted: ${why}`, {
      code: 'HGR_SILO_LEASE_FAILED',
      status: 503,
      kind: 'user',
    }),
  noLease: (id: string) =>
    new HangarError(`There is no lease ${id} on this silo`, { code: 'HGR_SILO_NO_LEASE', status: 404 }),
  notRunning: (alias: string) =>
    new HangarError(`The database of ${alias} does not run`, {
      code: 'HGR_SILO_NOT_RUNNING',
      status: 409,
      hint: `Start it first: hangar silo start ${alias}`,
    }),
  confirmRls: (alias: string) =>
    new HangarError(
      `Without row-level security everybody who has the public key reads and changes all data of ${alias}; it must be confirmed`,
      {
        code: 'HGR_SILO_CONFIRM',
        status: 409,
        hint: `Repeat it with confirm = "${alias}" (--confirm ${alias}).`,
      },
    ),
  rlsFailed: (alias: string, mode: string, why: string) =>
    new HangarError(
      `Row-level security of ${alias} could not be set to ${mode}; nothing was changed: ${why}`,
      {
        code: 'HGR_SILO_RLS',
        status: 409,
      },
    ),
  operationFailed: (alias: string, doing: string, why: string) =>
    new HangarError(`${doing} ${alias} failed and was taken back: ${why}`, {
      code: 'HGR_SILO_OPERATION',
      status: 500,
      kind: 'user',
    }),
  sameRegion: (alias: string, region: string) =>
    new HangarError(`The silo ${alias} is in ${region} already`, {
      code: 'HGR_SILO_SAME_REGION',
      status: 409,
    }),
  noGrave: (name: string) =>
    new HangarError(`There is no destroyed silo ${name} that could be brought back`, {
      code: 'HGR_SILO_NO_GRAVE',
      status: 404,
      hint: 'Data of a destroyed silo is kept for 48 hours: hangar silo destroyed',
    }),
  frontendSet: (alias: string, site: string) =>
    new HangarError(`The site ${site} has the public variables of ${alias} already`, {
      code: 'HGR_SILO_FRONTEND_SET',
      status: 409,
      hint: 'They never change by themselves; a rotation of the keys sets them again.',
    }),
  noFrontendHost: () =>
    new HangarError('No access to Netlify is configured', {
      code: 'HGR_SILO_NO_FRONTEND_HOST',
      status: 409,
      hint: 'Set NETLIFY_AUTH_TOKEN (and NETLIFY_API_URL for another address) where Hangar is started.',
    }),
}
