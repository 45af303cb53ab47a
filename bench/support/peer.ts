import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** A server in a process of its own, on the built program: it prints its port and answers `cpu`. */
export class Peer {
  readonly #child: ChildProcess
  readonly port: number

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.port = port
  }

  static async start(file: string, ...args: readonly string[]): Promise<Peer> {
    const path = fileURLToPath(new URL(file, import.meta.url))
    const child = spawn(process.execPath, ['--import', 'tsx', path, ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    return new Peer(child, Number(await line(child)))
  }

  /** Seconds of CPU since it started. */
  async cpuSeconds(): Promise<number> {
    const answer = line(this.#child)
    this.#child.stdin?.write('cpu\n')
    return Number(await answer)
  }

  /** Resident memory in MiB. */
  memoryMiB(): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8')
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024
  }

  stop(): void {
    this.#child.kill()
  }
}

async function line(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('the process has no output')
  const given = new AbortController()
  const answer = once(child.stdout, 'data', given).then(([found]) => String(found).trim())
  const end = once(child, 'exit', given).then(() => Promise.reject(new Error('the process ended')))
  try {
    return await Promise.race([answer, end])
  } finally {
    given.abort()
    await Promise.allSettled([answer, end])
  }
}

export interface Load {
  readonly requests: number
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** wrk with a script that makes the requests; throws with what it printed when an answer is no success. */
export function wrk(port: number, connections: number, seconds: number, script: string): Load {
  const text = execFileSync(
    'wrk',
    ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '-s', script, `http://127.0.0.1:${port}`],
    { encoding: 'utf8' },
  )
  if (/Non-2xx|Socket errors/.test(text)) throw new Error(text)
  const at = (share: string) => {
    const [, value, unit] = new RegExp(`^\\s+${share}%\\s+([\\d.]+)(us|ms|s)`, 'm').exec(text) ?? []
    return Number(value) * ({ us: 0.001, ms: 1, s: 1000 }[unit ?? 'ms'] ?? 1)
  }
  return {
    requests: Number(/(\d+) requests in/.exec(text)?.[1]),
    perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1]),
    p50Ms: at('50'),
    p99Ms: at('99'),
  }
}
