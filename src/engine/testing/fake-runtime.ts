import { HangarError } from '#kernel'
import type { ExitInfo, LaunchClaim, LaunchSpec, Runtime } from '../ports.ts'

/** A runtime that runs nothing: what was asked of it can be read, and exits happen when a test says so. Survives a "crash" of the engine. */
export class FakeRuntime implements Runtime {
  readonly running = new Map<
    string,
    { spec: LaunchSpec; suspended: boolean; onExit: (exit: ExitInfo) => void }
  >()
  readonly calls: string[] = []
  /** Started or adopted since the last crash: only of these a runtime knows. */
  readonly #known = new Set<string>()
  /** Set to make the next start fail. */
  failStart: Error | undefined
  /** Set to hold starts until it resolves. */
  holdStart: Promise<void> | undefined
  /** Set to hold stops until it resolves. */
  holdStop: Promise<void> | undefined

  resolve(image: string) {
    if (image.startsWith('unknown')) {
      throw new HangarError(`There is no image ${image} in the catalogue`, {
        code: 'HGR_RUNTIME_IMAGE',
        status: 422,
      })
    }
    const [repository = image, tag = 'latest'] = image.split(':')
    return { registry: 'registry-1.docker.io', repository, tag }
  }

  addressOf(spec: Pick<LaunchSpec, 'machineId' | 'image' | 'directory' | 'ports'>, internalPort: number) {
    return { host: '127.0.0.1', port: spec.ports[internalPort] ?? 0 }
  }

  async start(spec: LaunchSpec, onExit: (exit: ExitInfo) => void, signal?: AbortSignal) {
    this.calls.push(`start ${spec.machineId}`)
    if (this.failStart) {
      const error = this.failStart
      this.failStart = undefined
      throw error
    }
    if (this.holdStart) {
      await Promise.race([
        this.holdStart,
        new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
      ])
    }
    if (this.running.has(spec.machineId)) throw new Error(`${spec.machineId} runs already`)
    this.running.set(spec.machineId, { spec, suspended: false, onExit })
    this.#known.add(spec.machineId)
    return { handle: { token: spec.token } }
  }

  async adopt(claim: LaunchClaim, handle: Record<string, unknown>, onExit: (exit: ExitInfo) => void) {
    this.calls.push(`adopt ${claim.machineId}`)
    const known = this.running.get(claim.machineId)
    if (!known || known.spec.token !== handle['token']) return undefined
    known.onExit = onExit
    this.#known.add(claim.machineId)
    return { handle: { token: claim.token } }
  }

  async stop(machineId: string, options: { signal: string }) {
    this.calls.push(`stop ${machineId} ${options.signal}`)
    await this.holdStop
    if (this.#known.has(machineId)) this.exit(machineId, 0)
  }

  async suspend(machineId: string) {
    this.calls.push(`suspend ${machineId}`)
    const known = this.running.get(machineId)
    if (known) known.suspended = true
  }

  async resume(machineId: string) {
    this.calls.push(`resume ${machineId}`)
    const known = this.running.get(machineId)
    if (known) known.suspended = false
  }

  async signal(machineId: string, signal: string) {
    this.calls.push(`signal ${machineId} ${signal}`)
  }

  async exec(_spec: LaunchSpec, input: { command: string[] }) {
    return { exit_code: 0, exit_signal: 0, stdout: `${input.command.join(' ')}\n`, stderr: '' }
  }

  async processes() {
    return []
  }

  async stats(machineId: string) {
    if (!this.running.has(machineId)) return undefined
    return { cpuPercent: 0, memoryBytes: 1024 * 1024, uptimeSeconds: 1, estimated: false }
  }

  async sweep(tokens: ReadonlySet<string>) {
    const ended: string[] = []
    for (const [id, { spec }] of [...this.running]) {
      if (tokens.has(spec.token)) continue
      this.running.delete(id)
      ended.push(id)
    }
    return ended
  }

  /** The daemon ends; what runs goes on. */
  crashed(): this {
    this.#known.clear()
    return this
  }

  /** Ends a machine as if its program had ended. */
  exit(machineId: string, how: number | NodeJS.Signals): void {
    const known = this.running.get(machineId)
    this.running.delete(machineId)
    const end = typeof how === 'number' ? { exitCode: how, signal: null } : { exitCode: null, signal: how }
    known?.onExit({ ...end, oomKilled: false, at: Date.now() })
  }
}
