import { HangarError } from '#kernel'

export const deskErrors = {
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
