import { HangarError } from '#kernel'

export const daemonErrors = {
  alreadyRuns: (home: string, pid: number) =>
    new HangarError(`Hangar runs already on ${home} (pid ${pid})`, {
      code: 'HGR_DAEMON_RUNS',
      status: 409,
      hint: 'Use it with "hangar status", stop it with "hangar down", or choose another folder with --home.',
      data: { pid },
    }),
  homeUnusable: (home: string, why: string) =>
    new HangarError(`The folder ${home} cannot be used: ${why}`, {
      code: 'HGR_DAEMON_HOME',
      hint: 'Name another with --home or HANGAR_HOME.',
    }),
  diskFull: (home: string) =>
    new HangarError(`Hangar cannot start on ${home}: the disk is full`, {
      code: 'HGR_DAEMON_DISK_FULL',
      status: 507,
      kind: 'user',
      hint: 'Free some space, or name another folder with --home.',
    }),
  templateSchemas: (why: string) =>
    new HangarError(`The tables of auth and storage could not be made in the database template: ${why}`, {
      code: 'HGR_DAEMON_TEMPLATE',
      status: 500,
    }),
  noConfigurationFile: (name: string) =>
    new HangarError(`${name} reads no configuration file`, { code: 'HGR_DAEMON_SERVICE_FILE', status: 422 }),
  unknownService: (name: string, known: readonly string[]) =>
    new HangarError(`There is no built-in service ${name}`, {
      code: 'HGR_DAEMON_SERVICE',
      status: 404,
      hint: `Services: ${known.join(', ')}.`,
    }),
  serviceCannotListen: (name: string, why: string) =>
    new HangarError(`The service ${name} cannot listen: ${why}`, {
      code: 'HGR_DAEMON_LISTEN',
      status: 409,
      kind: 'user',
      hint: 'End the other program, or name another port with --port or with the variable of the service.',
    }),
}
