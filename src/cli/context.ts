import { createHash } from 'node:crypto'
import { homedir, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Client } from '#client'

/** What commands share: where Hangar is, how to talk to it, how to print. */
export interface CliContext {
  readonly home: string
  readonly json: boolean
  readonly socketPath: string
  client(): Promise<Client>
  /** JSON for programs, or what `text` returns for people. */
  print(value: unknown, text: () => string): void
}

export interface CommandCall {
  readonly args: readonly (string | string[] | undefined)[]
  readonly options: Readonly<Record<string, unknown>>
  readonly context: CliContext
}

export function createContext(options: Readonly<Record<string, unknown>>): CliContext {
  const given = typeof options['home'] === 'string' ? options['home'] : process.env['HANGAR_HOME']
  const home = resolve(given || join(homedir(), '.hangar'))
  const json = options['json'] === true
  const socketPath = controlSocketOf(home)
  return {
    home,
    json,
    socketPath,
    client: async () => (await import('#client')).createClient(socketPath),
    print(value, text) {
      process.stdout.write(`${json ? JSON.stringify(value, null, 2) : text()}\n`)
    },
  }
}

/** Where the daemon of that home listens (the daemon computes the same). Short, because a socket's path is limited. */
function controlSocketOf(home: string): string {
  const digest = createHash('sha256').update(home).digest('hex').slice(0, 10)
  return join(tmpdir(), `hangar-${process.getuid?.() ?? 0}-${digest}`, 'desk.sock')
}
