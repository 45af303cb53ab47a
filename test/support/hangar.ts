import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const bin = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'bin', 'hangar.js')

export interface CommandResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** A Hangar as a user starts it: the built program, a home of its own, ports that the system chose. */
/** Where the daemon of that home listens. */
export function controlSocketOf(home: string): string {
  const digest = createHash('sha256').update(home).digest('hex').slice(0, 10)
  return join(tmpdir(), `hangar-${process.getuid?.() ?? 0}-${digest}`, 'desk.sock')
}

export interface TestHangar extends AsyncDisposable {
  readonly home: string
  /** HANGAR_HOME, which is in it. */
  readonly hangarHome: string
  readonly pid: number
  /** Everything `hangar up` printed so far. */
  output(): string
  /** Runs a command against it. Never throws for a non-zero code. */
  run(...args: string[]): Promise<CommandResult>
  /** Runs a command with --json and returns what it printed; throws when it fails. */
  // biome-ignore lint/suspicious/noExplicitAny: what a command prints is looked at by the test that called it
  json<T = any>(...args: string[]): Promise<T>
  /** Ends the daemon as a crash would, and waits until it is gone. */
  kill(): Promise<void>
  /** Starts it again on the same home. */
  up(): Promise<void>
  /** Closes the reading end of everything that it prints. */
  deafen(): void
  /** Stops it as Ctrl-C does. Resolves with its exit code. */
  interrupt(): Promise<number | null>
  stop(): Promise<void>
}

export interface TestHangarOptions {
  /** Without the demo silo. Default: true. */
  readonly bare?: boolean
  readonly env?: Record<string, string>
  readonly args?: readonly string[]
}

export async function startHangar(options: TestHangarOptions = {}): Promise<TestHangar> {
  const home = await mkdtemp(join(tmpdir(), 'hangar-home-'))
  await chmod(home, 0o755)
  const env = { ...process.env, HOME: home, HANGAR_HOME: join(home, 'hangar'), NO_COLOR: '1', ...options.env }
  let output = ''
  let child: ChildProcess

  const up = async () => {
    const bare = options.bare ?? true
    const args = [
      bin,
      'up',
      '--port',
      '0',
      '--api-port',
      '0',
      ...(bare ? ['--no-demo'] : []),
      ...(options.args ?? []),
    ]
    child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    const from = output.length
    const ready = new Promise<void>((resolve, reject) => {
      const see = (chunk: Buffer) => {
        output += chunk
        if (/Ctrl-C stops everything|ready in/.test(output.slice(from))) resolve()
      }
      child.stdout?.on('data', see)
      child.stderr?.on('data', see)
      child.once('exit', code => reject(new Error(`hangar up ended with ${code}:\n${output.slice(from)}`)))
    })
    await ready
  }

  const run = (...args: string[]) =>
    new Promise<CommandResult>(resolve => {
      execFile(
        process.execPath,
        [bin, ...args],
        { env, maxBuffer: 64 * 1024 * 1024 },
        (error, stdout, stderr) => {
          resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr })
        },
      )
    })

  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
    return child.exitCode
  }

  const stop = async () => {
    await end('SIGTERM')
    await rm(home, { recursive: true, force: true, maxRetries: 3 })
  }

  await up()
  return {
    home,
    hangarHome: env.HANGAR_HOME,
    get pid() {
      return child.pid ?? -1
    },
    output: () => output,
    run,
    async json(...args) {
      const result = await run(...args, '--json')
      if (result.code !== 0)
        throw new Error(
          `hangar ${args.join(' ')} ended with ${result.code}: ${result.stderr || result.stdout}`,
        )
      return JSON.parse(result.stdout)
    },
    kill: async () => void (await end('SIGKILL')),
    up,
    deafen() {
      child.stdout?.destroy()
      child.stderr?.destroy()
    },
    interrupt: () => end('SIGINT'),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

/** Pids of processes whose environment or command line names that home: nothing may be left of it after a stop. */
export async function processesOf(home: string): Promise<number[]> {
  const { readdir } = await import('node:fs/promises')
  const found: number[] = []
  for (const entry of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) continue
    const texts = await Promise.all(
      ['environ', 'cmdline'].map(name => readFile(`/proc/${entry}/${name}`, 'utf8').catch(() => '')),
    )
    if (texts.some(text => text.includes(home))) found.push(Number(entry))
  }
  return found
}
