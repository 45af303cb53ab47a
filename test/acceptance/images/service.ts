import { spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../support/ports.ts'

const hangar = fileURLToPath(new URL('../../../bin/hangar.js', import.meta.url))
const running = new Set<() => Promise<void>>()

export interface RunningService {
  readonly url: string
  /** What it has written so far. */
  output(): string
  stop(): Promise<void>
}

/**
 * The built program's `hangar service <name>` with exactly these variables, as a compose file gives them to the official image; where it
 * listens is said by the variable `portName`, as there.
 */
export async function startService(
  name: string,
  env: Readonly<Record<string, string>>,
  portName = 'PORT',
): Promise<RunningService> {
  for (;;) {
    try {
      return await startOnce(name, env, portName)
    } catch (error) {
      // A connection that somebody opened meanwhile may have got the port.
      if (!String(error).includes('is taken by another program')) throw error
    }
  }
}

async function startOnce(
  name: string,
  env: Readonly<Record<string, string>>,
  portName: string,
): Promise<RunningService> {
  const port = await freePort()
  const child = spawn(process.execPath, [hangar, 'service', name], {
    env: { PATH: process.env['PATH'] ?? '', ...env, [portName]: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const stop = async () => {
    running.delete(stop)
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    await exited
  }
  running.add(stop)
  child.stderr.on('data', chunk => (output += chunk))
  await new Promise<void>((resolve, reject) => {
    child.once('exit', code => reject(new Error(`hangar service ${name} ended with ${code}: ${output}`)))
    child.stdout.on('data', chunk => {
      output += chunk
      if (output.includes(' answers at ')) resolve()
    })
  })
  return { url: `http://localhost:${port}`, output: () => output, stop }
}

export async function stopServices(): Promise<void> {
  await Promise.all([...running].map(stop => stop()))
}

/** Asks again until `accept` takes the answer; the test's own time limit ends it. */
export async function eventually<T>(ask: () => Promise<T>, accept: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask().catch(() => undefined)
    if (answer !== undefined && accept(answer)) return answer
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

/** A token of HS256 over these claims, good for an hour. */
export function token(secret: string, claims: Record<string, unknown>): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const exp = Math.floor(Date.now() / 1000) + 3600
  const content = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ exp, ...claims })}`
  return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`
}
