import { HangarError } from '#kernel'

export const deskErrors = {
  noOperation: (key: string) =>
    new HangarError(`There is no operation ${key}`, { code: 'HGR_DESK_OPERATION', status: 404 }),
  role: (role: string, operation: string) =>
    new HangarError(`The role ${role} may not call ${operation}`, {
      code: 'HGR_DESK_ROLE',
      status: 403,
      hint: 'The table of operations in docs/reference/operations.md says who may.',
    }),
  bound: (operation: string) =>
    new HangarError(`${operation} reaches beyond the silos that you hold`, {
      code: 'HGR_DESK_BOUND',
      status: 403,
    }),
  /** The same for a silo that does not exist and one that belongs to others. */
  noSilo: (name: string) =>
    new HangarError(`There is no silo ${name} here for you`, {
      code: 'HGR_DESK_SILO',
      status: 404,
      hint: 'silo.list shows those that you hold.',
    }),
  tooMany: (seconds: number) =>
    new HangarError(`Too many calls; the next is allowed in ${seconds} s`, {
      code: 'HGR_DESK_RATE',
      status: 429,
      data: { retry_after_seconds: seconds },
    }),
  input: (what: string) => new HangarError(what, { code: 'HGR_DESK_INPUT', status: 422, kind: 'user' }),
  noMachine: (name: string) =>
    new HangarError(`There is no machine or app ${name}`, {
      code: 'HGR_DESK_MACHINE',
      status: 404,
      hint: '"hangar machine list" shows them.',
    }),
  severalMachines: (app: string, ids: readonly string[]) =>
    new HangarError(`The app ${app} has ${ids.length} machines; name one`, {
      code: 'HGR_DESK_WHICH',
      status: 409,
      hint: `Its machines: ${ids.join(', ')}.`,
    }),
}
