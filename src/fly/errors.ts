import { HangarError } from '#kernel'

/** What talking to a Machines API can come to. Never holds the token. */
export const flyErrors = {
  unreachable: (url: string, why: string) =>
    new HangarError(`The Machines API at ${url} does not answer: ${why}`, {
      code: 'HGR_FLY_UNREACHABLE',
      status: 502,
      kind: 'user',
      hint: 'For this machine: is Hangar running (hangar up)? For Fly: is the network there?',
    }),
  unauthorized: (url: string) =>
    new HangarError(`The Machines API at ${url} does not accept the token`, {
      code: 'HGR_FLY_UNAUTHORIZED',
      status: 401,
      hint: 'For Fly: set FLY_API_TOKEN, e.g. from "fly tokens create deploy".',
    }),
  tokenMissing: (where: string) =>
    new HangarError(`There is no token for ${where}`, {
      code: 'HGR_FLY_TOKEN',
      status: 400,
      hint: 'Set FLY_API_TOKEN, e.g. from "fly tokens create deploy".',
    }),
  urlInvalid: (url: string) =>
    new HangarError(`"${url}" is no address of a Machines API`, {
      code: 'HGR_FLY_URL',
      status: 400,
      hint: 'Write it as https://api.machines.dev or http://127.0.0.1:4280.',
    }),
  refused: (method: string, path: string, status: number, message: string) =>
    new HangarError(`${method} ${path} was refused: ${message}`, {
      code: status === 404 ? 'HGR_FLY_NOT_FOUND' : status === 429 ? 'HGR_FLY_RATE' : 'HGR_FLY_REFUSED',
      status: status >= 400 && status < 600 ? status : 502,
      kind: 'user',
    }),
  answerInvalid: (method: string, path: string) =>
    new HangarError(`${method} ${path} was answered with something that is no JSON`, {
      code: 'HGR_FLY_ANSWER',
      status: 502,
      kind: 'user',
    }),
}
