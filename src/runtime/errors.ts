import { HangarError } from '#kernel'

export const runtimeErrors = {
  unknownImage: (image: string, known: readonly string[]) =>
    new HangarError(`The image ${image} is not in the catalogue`, {
      code: 'HGR_RUNTIME_IMAGE',
      status: 422,
      hint: `Images that run here: ${known.join(', ')}. OCI images need Docker, which this Hangar cannot use yet.`,
      data: { image, known },
    }),
  badImage: (image: string) =>
    new HangarError(`"${image}" is not an image reference`, {
      code: 'HGR_RUNTIME_IMAGE_FORM',
      status: 422,
      hint: 'It is written [registry/]repository[:tag][@digest].',
    }),
  noCommand: (app: string) =>
    new HangarError(`The machine of ${app} has no command to run`, {
      code: 'HGR_RUNTIME_COMMAND',
      status: 422,
      hint: 'Set [processes] or [experimental] cmd in fly.toml, or config.init.exec.',
    }),
  noDirectory: (directory: string) =>
    new HangarError(`The folder ${directory}, in which the command is to run, is not there`, {
      code: 'HGR_RUNTIME_DIRECTORY',
      status: 422,
    }),
  notStarted: (command: string, why: string) =>
    new HangarError(`${command} could not be started: ${why}`, {
      code: 'HGR_RUNTIME_SPAWN',
      status: 502,
      kind: 'user',
    }),
  ended: (command: string, how: string, last: string) =>
    new HangarError(
      `${command} ended before it was ready (${how})${last ? `; its last words: ${last}` : ''}`,
      {
        code: 'HGR_RUNTIME_ENDED',
        status: 502,
        kind: 'user',
      },
    ),
  serviceRefused: (service: string, why: string) =>
    new HangarError(`The service ${service} could not be started: ${why}`, {
      code: 'HGR_RUNTIME_SERVICE',
      status: 502,
      kind: 'user',
    }),
  hostEnded: (how: string) =>
    new HangarError(`The service host ended (${how})`, {
      code: 'HGR_RUNTIME_HOST',
      status: 503,
      kind: 'user',
    }),
  notRunning: (id: string) =>
    new HangarError(`The machine ${id} is not running`, { code: 'HGR_RUNTIME_NOT_RUNNING', status: 412 }),
  noExec: (service: string) =>
    new HangarError(`There is nothing to execute in: ${service} runs as an instance of a built-in service`, {
      code: 'HGR_RUNTIME_NO_EXEC',
      status: 501,
      kind: 'user',
      hint: 'Commands can be run in machines of process images and of PostgreSQL.',
    }),
}
