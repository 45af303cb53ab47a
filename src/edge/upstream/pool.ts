import { createConnection, type NetConnectOpts, type Socket } from 'node:net'
import type { Clock, Timer } from '#kernel'
import type { RouteAddress } from '../ports.ts'

/** Whoever uses a pooled connection at the moment. */
export interface UpstreamOwner {
  onUpstreamData(chunk: Buffer): void
  onUpstreamEnd(): void
  onUpstreamClose(error: Error | undefined): void
  onUpstreamDrain(): void
}

/** One connection to a machine. */
export class Upstream {
  readonly socket: Socket
  readonly key: string
  /** Served a request before: it may have been closed by the other side in the meantime. */
  reused = false
  owner: UpstreamOwner | undefined
  idleSince = 0
  #error: Error | undefined

  constructor(socket: Socket, key: string, onIdleClose: (upstream: Upstream) => void) {
    this.socket = socket
    this.key = key
    socket.setNoDelay(true)
    socket.on('data', chunk => {
      if (this.owner) this.owner.onUpstreamData(chunk as Buffer)
      // Nobody asked: whatever this is, it must not become the answer to somebody else's request.
      else socket.destroy()
    })
    socket.on('end', () => (this.owner ? this.owner.onUpstreamEnd() : socket.destroy()))
    socket.on('drain', () => this.owner?.onUpstreamDrain())
    socket.on('error', error => {
      this.#error = error
    })
    socket.on('close', () => {
      const { owner } = this
      this.owner = undefined
      if (owner) owner.onUpstreamClose(this.#error)
      else onIdleClose(this)
    })
  }
}

const idleMs = 4_000
const idlePerAddress = 128

/** Kept connections to machines. Idle ones are closed after four seconds, so that a resting machine has none. */
export class UpstreamPool {
  readonly #idle = new Map<string, Upstream[]>()
  readonly #clock: Clock
  #timer: Timer | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** A kept connection, if there is one. */
  take(key: string): Upstream | undefined {
    const list = this.#idle.get(key)
    while (list && list.length > 0) {
      const upstream = list.pop() as Upstream
      if (!upstream.socket.destroyed && upstream.socket.writable) return upstream
    }
    return undefined
  }

  /** A new connection. Rejects with the system's error. */
  connect(address: RouteAddress, key: string): Promise<Upstream> {
    return new Promise((resolve, reject) => {
      const socket = createConnection({ ...address, allowHalfOpen: true } as NetConnectOpts)
      socket.once('error', reject)
      socket.once('connect', () => {
        socket.removeListener('error', reject)
        resolve(new Upstream(socket, key, closed => this.#drop(closed)))
      })
    })
  }

  give(upstream: Upstream): void {
    upstream.owner = undefined
    if (upstream.socket.destroyed || !upstream.socket.writable) return
    const list = this.#idle.get(upstream.key) ?? []
    this.#idle.set(upstream.key, list)
    if (list.length >= idlePerAddress) {
      upstream.socket.destroy()
      return
    }
    upstream.reused = true
    upstream.idleSince = this.#clock.monotonic()
    list.push(upstream)
    this.#timer ??= this.#clock.after(idleMs / 2, () => this.#sweep())
  }

  close(): void {
    this.#timer?.cancel()
    for (const list of this.#idle.values()) for (const upstream of list) upstream.socket.destroy()
    this.#idle.clear()
  }

  #sweep(): void {
    this.#timer = undefined
    const before = this.#clock.monotonic() - idleMs
    for (const [key, list] of this.#idle) {
      const kept = list.filter(upstream => {
        if (upstream.idleSince > before) return true
        upstream.socket.destroy()
        return false
      })
      if (kept.length > 0) this.#idle.set(key, kept)
      else this.#idle.delete(key)
    }
    if (this.#idle.size > 0) this.#timer = this.#clock.after(idleMs / 2, () => this.#sweep())
  }

  #drop(upstream: Upstream): void {
    const list = this.#idle.get(upstream.key)
    const at = list?.indexOf(upstream) ?? -1
    if (at >= 0) list?.splice(at, 1)
  }
}

export function addressKey(address: RouteAddress): string {
  return 'path' in address ? address.path : `${address.host}:${address.port}`
}
