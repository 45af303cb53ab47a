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
  unhealthy: (app: string, state: string, ms: number) =>
    new HangarError(`${app} did not become healthy in ${Math.round(ms / 1000)} s; it is ${state}`, {
      code: 'HGR_SILO_UNHEALTHY',
      status: 504,
      kind: 'user',
      hint: `See its log: hangar logs -a ${app}`,
    }),
  notStarted: (app: string, why: string) =>
    new HangarError(`${app} did not start: ${why}`, {
      code: 'HGR_SILO_NOT_STARTED',
      status: 503,
      kind: 'user',
      hint: `See its log: hangar logs -a ${app}`,
    }),
  asleep: (alias: string) =>
    new HangarError(`The silo ${alias} sleeps; there is nothing to keep awake`, {
      code: 'HGR_SILO_ASLEEP',
      status: 409,
      hint: `Start it first: hangar silo start ${alias}`,
    }),
  gone: (alias: string) =>
    new HangarError(`The silo ${alias} is being destroyed`, { code: 'HGR_SILO_GONE', status: 410 }),
}
