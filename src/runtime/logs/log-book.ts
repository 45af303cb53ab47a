import { copyFileSync, existsSync, rmSync, statSync, truncateSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, codeOf, type Timer } from '#kernel'
import { logPath, oldLogPath } from './paths.ts'

export interface LogBookOptions {
  readonly machinesDirectory: string
  readonly clock: Clock
  /** A log that grew beyond this is rotated; one older part is kept. Default: 4 MiB. */
  readonly rotateAtBytes?: number
  /** Takes out of a line what nobody should read in it. Default: nothing. */
  redact?(machineId: string, line: string): string
}

const followEveryMs = 100
const tailBytes = 256 * 1024

/**
 * Logs of machines. Programs write straight into their file, so that a log outlives the daemon and costs it nothing;
 * here they are read, followed and rotated.
 */
export class LogBook {
  readonly #options: LogBookOptions

  constructor(options: LogBookOptions) {
    this.#options = options
  }

  /** The last lines, oldest first. An unknown machine has none. */
  async tail(machineId: string, lines: number): Promise<string[]> {
    const path = this.#path(machineId)
    const now = await readEnd(path, tailBytes)
    const enough = now.length >= lines ? now : [...(await readEnd(oldLogPath(path), tailBytes)), ...now]
    return enough.slice(-lines).map(line => this.#redact(machineId, line))
  }

  /** Calls `onLine` for each line that is written from now on, until the returned function is called. */
  follow(machineId: string, onLine: (line: string) => void): () => void {
    const { clock } = this.#options
    const path = this.#path(machineId)
    let position = sizeOf(path)
    let rest = ''
    let timer: Timer | undefined
    let ended = false
    const look = async () => {
      const size = sizeOf(path)
      // Shorter than before: it was rotated.
      if (size < position) position = 0
      if (size > position) {
        const text = await readRange(path, position, size)
        position += Buffer.byteLength(text)
        const parts = (rest + text).split('\n')
        rest = parts.pop() ?? ''
        for (const line of parts) if (!ended) onLine(this.#redact(machineId, line))
      }
      if (!ended) timer = clock.after(followEveryMs, () => void look())
    }
    void look()
    return () => {
      ended = true
      timer?.cancel()
    }
  }

  /** Moves a log that grew too big out of the way. Its writers append, so they go on at the start of the emptied file. */
  rotate(machineId: string): void {
    const path = this.#path(machineId)
    if (sizeOf(path) < (this.#options.rotateAtBytes ?? 4 * 1024 * 1024)) return
    try {
      copyFileSync(path, oldLogPath(path))
      truncateSync(path)
    } catch {
      // No room for the copy: the log goes on as it is. A machine must not stay down for that.
      rmSync(oldLogPath(path), { force: true })
    }
  }

  #redact(machineId: string, line: string): string {
    return this.#options.redact?.(machineId, line) ?? line
  }

  #path(machineId: string): string {
    return logPath(join(this.#options.machinesDirectory, machineId))
  }
}

function sizeOf(path: string): number {
  return existsSync(path) ? (statSync(path, { throwIfNoEntry: false })?.size ?? 0) : 0
}

async function readEnd(path: string, bytes: number): Promise<string[]> {
  const size = sizeOf(path)
  if (size === 0) return []
  const text = await readRange(path, Math.max(0, size - bytes), size)
  const lines = text.split('\n')
  // The first is cut when not all was read; the last is empty after a final newline.
  if (size > bytes) lines.shift()
  if (lines.at(-1) === '') lines.pop()
  return lines
}

async function readRange(path: string, from: number, to: number): Promise<string> {
  try {
    const file = await open(path, 'r')
    try {
      const buffer = Buffer.alloc(to - from)
      const { bytesRead } = await file.read(buffer, 0, buffer.length, from)
      return buffer.toString('utf8', 0, bytesRead)
    } finally {
      await file.close()
    }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return ''
    throw error
  }
}
