import { codeOf, HangarError, messageOf } from '#kernel'

export const clientErrors = {
  /** No socket, or nobody behind it: there is no daemon. */
  fromSystem: (error: unknown) =>
    ['ENOENT', 'ECONNREFUSED'].includes(codeOf(error) ?? '')
      ? new HangarError('Hangar is not running', {
          code: 'HGR_CLIENT_DOWN',
          status: 503,
          kind: 'user',
          hint: 'Start it with "hangar up".',
        })
      : new HangarError(`The daemon could not be asked: ${messageOf(error)}`, {
          code: 'HGR_CLIENT_FAILED',
          status: 503,
          kind: 'user',
          cause: error,
        }),
  fromWire(status: number, body: unknown): HangarError {
    const { code, message, hint, data } = (body ?? {}) as {
      code?: string
      message?: string
      hint?: string
      data?: Record<string, unknown>
    }
    return new HangarError(message ?? `The daemon answered ${status}`, {
      code: code ?? 'HGR_CLIENT_ANSWER',
      status,
      kind: 'user',
      ...(hint === undefined ? {} : { hint }),
      ...(data === undefined ? {} : { data }),
    })
  },
  cut: () =>
    new HangarError('The daemon ended before the operation did', {
      code: 'HGR_CLIENT_CUT',
      status: 503,
      kind: 'user',
      hint: 'Start it again with "hangar up": it finishes or takes back what was under way.',
    }),
  agentFileExists: (path: string) =>
    new HangarError(`There is a file ${path} already, and a private key is never written over another`, {
      code: 'HGR_CLIENT_AGENT_EXISTS',
      status: 409,
      hint: 'Choose another with --key-file, or remove it when that agent is gone.',
    }),
  agentFileMissing: (path: string) =>
    new HangarError(`There is no agent file ${path}`, {
      code: 'HGR_CLIENT_AGENT_MISSING',
      status: 404,
      hint: '"hangar agent register" makes one; --key-file says where it is.',
    }),
  agentFileOpen: (path: string) =>
    new HangarError(`The agent file ${path} can be read by others`, {
      code: 'HGR_CLIENT_AGENT_OPEN',
      status: 403,
      hint: `It holds a private key. Close it: chmod 600 ${path}`,
    }),
  agentFileInvalid: (path: string) =>
    new HangarError(`${path} is not the file of a registered agent`, {
      code: 'HGR_CLIENT_AGENT_INVALID',
      status: 422,
      hint: 'Register the agent again with "hangar agent register".',
    }),
  noDesk: (issuer: string, cause: unknown) =>
    new HangarError(`The desk at ${issuer} does not answer`, {
      code: 'HGR_CLIENT_NO_DESK',
      status: 503,
      kind: 'user',
      hint: 'Start it with "hangar up".',
      cause,
    }),
  tokenRefused: (agent: string, why: string) =>
    new HangarError(`The desk gave ${agent} no token: ${why}`, {
      code: 'HGR_CLIENT_TOKEN',
      status: 401,
      hint: '"hangar agent list" shows whether it is still registered.',
    }),
}
