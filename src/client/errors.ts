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
}
