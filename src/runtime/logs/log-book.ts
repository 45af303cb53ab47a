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

interface Piece {
  readonly lines: string[]
  readonly position: number
  readonly writtenAt: number
}

const followEveryMs = 100
const keptLogs = 50
const keptLines = 100
const keptLineLength = 2000
const tailBytes = 256 * 1024
const newline = 10

/**
 * Logs of machines. Programs write straight into their file, so that a log outlives the daemon and costs it nothing;
 * here they are read, followed and rotated.
 */
export class LogBook {
  readonly #options: LogBookOptions
  /** The end of the logs of machines that are gone; the oldest go first. */
  readonly #kept = new Map<string, Piece>()

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

  /**
   * The whole lines behind `position` (bytes; undefined: the last ones, at most `lines` of them), where the next reading begins,
   * and when the log was written to last (milliseconds since 1970). A log that was rotated meanwhile is read from its new beginning.
   */
  async since(machineId: string, position: number | undefined, lines: number): Promise<Piece> {
    const path = this.#path(machineId)
    const stat = statSync(path, { throwIfNoEntry: false })
    const kept = stat ? undefined : this.#kept.get(machineId)
    if (kept) return position !== undefined && position >= kept.position ? { ...kept, lines: [] } : kept
    const { lines: found, position: end } = await this.#read(machineId, stat?.size ?? 0, position)
    return {
      lines: position === undefined ? found.slice(-lines) : found,
      position: end,
      writtenAt: stat?.mtimeMs ?? this.#options.clock.now(),
    }
  }

  /** Whole lines of a log of that size, from `position` or its last ones; at most one piece of it. */
  async #read(
    machineId: string,
    size: number,
    position: number | undefined,
  ): Promise<Pick<Piece, 'lines' | 'position'>> {
    const known = position !== undefined && position <= size ? position : 0
    const from = position === undefined ? Math.max(0, size - tailBytes) : known
    const piece = await readBytes(this.#path(machineId), from, Math.min(size, from + tailBytes))
    const end = piece.lastIndexOf(newline) + 1
    // A line longer than a piece is told as it comes.
    const taken = end === 0 && piece.length === tailBytes ? piece.length : end
    const all = piece.subarray(0, taken).toString('utf8').split('\n')
    if (all.at(-1) === '') all.pop()
    if (position === undefined && from > 0) all.shift()
    return { lines: all.map(line => this.#redact(machineId, line)), position: from + taken }
  }

  /** Keeps the last lines of a log in memory: its machine is about to go, and whoever asked for them may come later. */
  async keep(machineId: string): Promise<void> {
    const piece = await this.since(machineId, undefined, keptLines)
    if (piece.position === 0) return
    this.#kept.set(machineId, { ...piece, lines: piece.lines.map(line => line.slice(0, keptLineLength)) })
    for (const id of this.#kept.keys()) {
      if (this.#kept.size <= keptLogs) break
      this.#kept.delete(id)
    }
  }

  /** Calls `onLine` for each line that is written from now on, until the returned function is called. */
  follow(machineId: string, onLine: (line: string) => void): () => void {
    const { clock } = this.#options
    const path = this.#path(machineId)
    let position = sizeOf(path)
    let timer: Timer | undefined
    let ended = false
    const look = async () => {
      try {
        for (let more = true; more && !ended; ) {
          const { lines, position: end } = await this.#read(machineId, sizeOf(path), position)
          position = end
          more = lines.length > 0
          for (const line of lines) if (!ended) onLine(line)
        }
      } catch {
        // No file handle is free, say. What was written is there for the next look.
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
  return (await readBytes(path, from, to)).toString('utf8')
}

async function readBytes(path: string, from: number, to: number): Promise<Buffer> {
  try {
    const file = await open(path, 'r')
    try {
      const buffer = Buffer.alloc(to - from)
      const { bytesRead } = await file.read(buffer, 0, buffer.length, from)
      return buffer.subarray(0, bytesRead)
    } finally {
      await file.close()
    }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return Buffer.alloc(0)
    throw error
  }
}
