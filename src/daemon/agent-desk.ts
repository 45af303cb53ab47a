import { readFileSync } from 'node:fs'
import type { Desk, DeskFace } from '#desk'
import type { PortBook } from '#engine'
import { HangarError, type Log, messageOf } from '#kernel'

/** Where agents reach the desk. */
export interface AgentDeskOptions {
  /** Undefined: a port of its own, allocated once and kept. */
  readonly port?: number | undefined
  /** Default: 127.0.0.1. Anything that is not loopback needs certificate and key. */
  readonly host?: string | undefined
  /** Further names by which it is reached, without port. */
  readonly names?: readonly string[] | undefined
  /** Calls per second that each agent may make; three times as many at once. Default: 20. */
  readonly callsPerSecond?: number | undefined
  /** PEM files. */
  readonly certificatePath?: string | undefined
  readonly keyPath?: string | undefined
}

export interface AgentDeskParts {
  readonly desk: Desk
  readonly portBook: PortBook
  readonly authenticator: Parameters<Desk['listenForAgents']>[0]['authenticator']
  readonly faces: readonly DeskFace[]
  readonly log: Log
}

/**
 * The desk on TCP. Returns its origin; null when the port that it was given for good is taken by another program now: agents wait, everything
 * else works. A port that was asked for and is taken is an error.
 */
export async function startAgentDesk(
  options: AgentDeskOptions,
  { desk, portBook, authenticator, faces, log }: AgentDeskParts,
): Promise<string | null> {
  const { host, names, certificatePath, keyPath } = options
  try {
    return await desk.listenForAgents({
      port: options.port ?? (await portBook.allocate('desk')),
      ...(host === undefined ? {} : { host }),
      ...(names === undefined ? {} : { names }),
      ...(certificatePath && keyPath
        ? { tls: { cert: readPem(certificatePath), key: readPem(keyPath) } }
        : {}),
      authenticator,
      faces,
    })
  } catch (error) {
    if (options.port !== undefined || !(error instanceof HangarError) || error.code !== 'HGR_DESK_PORT')
      throw error
    log.error({ reason: error.message }, 'agents cannot reach the desk')
    return null
  }
}

export function rateLimitsOf(perSecond: number | undefined) {
  return perSecond === undefined ? undefined : { perSecond, burst: perSecond * 3 }
}

function readPem(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new HangarError(`The desk's certificate or key cannot be read: ${messageOf(error)}`, {
      code: 'HGR_DAEMON_DESK_PEM',
      status: 400,
    })
  }
}
