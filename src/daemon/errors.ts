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
  unknownService: (name: string, known: readonly string[]) =>
    new HangarError(`There is no built-in service ${name}`, {
      code: 'HGR_DAEMON_SERVICE',
      status: 404,
      hint: `Services: ${known.join(', ')}.`,
    }),
}
