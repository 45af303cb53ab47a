import { execFileSync } from 'node:child_process'

export interface Load {
  readonly rps: number
  readonly p50Us: number
}

/** One run of wrk with one thread. `headers` as `name: value`. Throws with what wrk printed when an answer was no success. */
export function wrk(
  url: string,
  {
    connections,
    seconds,
    headers = [],
  }: { connections: number; seconds: number; headers?: readonly string[] },
): Load {
  const args = [
    '-t1',
    `-c${connections}`,
    `-d${seconds}s`,
    '--latency',
    ...headers.flatMap(one => ['-H', one]),
    url,
  ]
  const text = execFileSync('wrk', args, { encoding: 'utf8' })
  if (/Non-2xx/.test(text)) throw new Error(text)
  const [, value, unit] = /50%\s+([\d.]+)(us|ms|s)/.exec(text) ?? []
  return {
    rps: Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1]),
    p50Us: Number(value) * ({ us: 1, ms: 1000, s: 1e6 }[unit ?? 'us'] ?? 1),
  }
}
