import { createConnection, isIP, type NetConnectOpts, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectSecurely } from 'node:tls'
import { attention, type Clock, type Timer } from '#kernel'

export type UpstreamAddress =
  | { readonly path: string }
  | {
      readonly host: string
      readonly port: number
      /** Over TLS, to whoever can prove to be of that name. */
      readonly servername?: string | undefined
    }

/** Whoever uses a pooled connection at the moment. */
export interface UpstreamOwner {
  onUpstreamData(chunk: Buffer): void
  onUpstreamEnd(): void
  onUpstreamClose(error: Error | undefined): void
  onUpstreamDrain(): void
  /** Nothing has passed for as long as the socket's time-out says. Absent: that is nobody's concern. */
  onUpstreamTimeout?(): void
}

/** One connection to whoever answers. */
export class Upstream {
  readonly socket: Socket
  readonly key: string
  /** Served a request before: it may have been closed by the other side in the meantime. */
  reused = false
  idleSince = 0
  #owner: UpstreamOwner | undefined
  #isAwaited = false
  #error: Error | undefined

  constructor(socket: Socket, key: string, onIdleClose: (upstream: Upstream) => void) {
    this.socket = socket
    this.key = key
    socket.setNoDelay(true)
    socket.on('data', chunk => {
      attention.came()
      if (this.#owner) this.#owner.onUpstreamData(chunk as Buffer)
      // Nobody asked: whatever this is, it must not become the answer to somebody else's request.
      else socket.destroy()
    })
    socket.on('end', () => (this.#owner ? this.#owner.onUpstreamEnd() : socket.destroy()))
    socket.on('drain', () => this.#owner?.onUpstreamDrain())
    socket.on('timeout', () => this.#owner?.onUpstreamTimeout?.())
    socket.on('error', error => {
      this.#error = error
    })
    socket.on('close', () => {
      const owner = this.#owner
      this.owner = undefined
      if (owner) owner.onUpstreamClose(this.#error)
      else onIdleClose(this)
    })
  }

  get owner(): UpstreamOwner | undefined {
    return this.#owner
  }

  /** Whoever takes it sends a request at once. */
  set owner(owner: UpstreamOwner | undefined) {
    this.#owner = owner
    this.#await(owner !== undefined)
  }

  /** From now on bytes pass both ways, and no answer is awaited. */
  joined(): void {
    this.#await(false)
  }

  #await(is: boolean): void {
    if (is === this.#isAwaited) return
    this.#isAwaited = is
    if (is) attention.asked()
    else attention.answered()
  }
}

const idleMs = 4_000
const idlePerAddress = 128

/** Kept connections. Idle ones are closed after four seconds, so that whoever rests has none. */
export class UpstreamPool {
  readonly #idle = new Map<string, Upstream[]>()
  readonly #clock: Clock
  readonly #connecting = new Set<Socket>()
  #timer: Timer | undefined
  #closed = false

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

  /** A new connection. Rejects with the system's error; with ETIMEDOUT when it is not there within `timeoutMs`, TLS included. */
  connect(address: UpstreamAddress, key: string, timeoutMs?: number): Promise<Upstream> {
    return new Promise((resolve, reject) => {
      const socket = open(address)
      this.#connecting.add(socket)
      const timer =
        timeoutMs === undefined ? undefined : setTimeout(() => socket.destroy(tooLate()), timeoutMs).unref()
      const failed = (error?: Error) => {
        clearTimeout(timer)
        this.#connecting.delete(socket)
        reject(error ?? new Error('the connection was closed before it was there'))
      }
      const closed = () => failed()
      socket.once('error', failed).once('close', closed)
      socket.once(isSecure(address) ? 'secureConnect' : 'connect', () => {
        clearTimeout(timer)
        this.#connecting.delete(socket)
        socket.removeListener('error', failed).removeListener('close', closed)
        resolve(new Upstream(socket, key, dropped => this.#drop(dropped)))
      })
    })
  }

  give(upstream: Upstream): void {
    upstream.owner = undefined
    if (upstream.socket.destroyed || !upstream.socket.writable) return
    const list = this.#idle.get(upstream.key) ?? []
    this.#idle.set(upstream.key, list)
    if (this.#closed || list.length >= idlePerAddress) {
      upstream.socket.destroy()
      return
    }
    upstream.reused = true
    upstream.idleSince = this.#clock.monotonic()
    list.push(upstream)
    this.#timer ??= this.#clock.after(idleMs / 2, () => this.#sweep())
  }

  close(): void {
    this.#closed = true
    this.#timer?.cancel()
    for (const socket of this.#connecting) socket.destroy()
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

function open(address: UpstreamAddress): Socket {
  if (!isSecure(address)) return createConnection({ ...address, allowHalfOpen: true } as NetConnectOpts)
  const { host, port, servername } = address
  return connectSecurely({
    host,
    port,
    // An address is no name that could be asked for; the certificate must be that of `host` then.
    ...(isIP(servername) ? {} : { servername }),
    ALPNProtocols: ['http/1.1'],
    allowHalfOpen: true,
  } as ConnectionOptions)
}

function isSecure(
  address: UpstreamAddress,
): address is UpstreamAddress & { host: string; port: number; servername: string } {
  return 'servername' in address && address.servername !== undefined
}

function tooLate(): Error {
  return Object.assign(new Error('no connection in time'), { code: 'ETIMEDOUT' })
}
