import { createServer } from 'node:net'
import { Serial } from '#kernel'
import { engineErrors } from './errors.ts'
import type { MachineStore } from './store-port.ts'

export interface PortRange {
  readonly from: number
  readonly to: number
}

/** Below the range that systems hand out for outgoing connections, so that a sleeping door's port is not taken by chance. */
export const defaultPortRange: PortRange = { from: 20_000, to: 32_000 }

/** Stable loopback ports: allocated once for a key, the same for ever after. */
export class PortBook {
  readonly #store: MachineStore
  readonly #range: PortRange
  readonly #byKey = new Map<string, number>()
  readonly #used = new Set<number>()
  readonly #queue = new Serial()
  readonly #stock: number[] = []
  #next: number

  constructor(store: MachineStore, range: PortRange = defaultPortRange) {
    this.#store = store
    this.#range = range
    for (const { key, port } of store.ports()) this.#keep(key, port)
    // Two Hangars on one machine begin at different places, so they rarely try the same port.
    this.#next = range.from + Math.floor(Math.random() * (range.to - range.from))
  }

  get(key: string): number | undefined {
    return this.#byKey.get(key)
  }

  /** The port of that key; a new one is free at this moment and recorded before it is returned. */
  async allocate(key: string): Promise<number> {
    return this.#byKey.get(key) ?? this.#queue.run(() => this.#allocate(key))
  }

  /** Looks for free ports ahead, for `reserve`, which cannot wait. */
  async stock(): Promise<void> {
    await this.#queue.run(async () => {
      for (let tries = 0; this.#stock.length < stockSize && tries < stockSize * 20; tries++) {
        const port = this.#step()
        if (!this.#used.has(port) && !this.#stock.includes(port) && (await canListen(port)))
          this.#stock.push(port)
      }
    })
  }

  /** The same without waiting, for names that must lead somewhere before anything listens there; from the ports that were found free ahead. */
  reserve(key: string): number {
    const known = this.#byKey.get(key)
    if (known !== undefined) return known
    const { from, to } = this.#range
    for (let tries = 0; tries < to - from; tries++) {
      const port = this.#stock.shift() ?? this.#step()
      if (this.#used.has(port)) continue
      this.#store.savePort(key, port)
      this.#keep(key, port)
      if (this.#stock.length < stockSize / 2) void this.stock()
      return port
    }
    throw engineErrors.noPort(from, to)
  }

  release(key: string): void {
    const port = this.#byKey.get(key)
    if (port === undefined) return
    this.#store.deletePort(key)
    this.#byKey.delete(key)
    this.#used.delete(port)
  }

  /** Releases every key that begins so. */
  releaseAll(prefix: string): void {
    for (const key of [...this.#byKey.keys()]) if (key.startsWith(prefix)) this.release(key)
  }

  async #allocate(key: string): Promise<number> {
    const known = this.#byKey.get(key)
    if (known !== undefined) return known
    const { from, to } = this.#range
    for (let tries = 0; tries < to - from; tries++) {
      const port = this.#stock.shift() ?? this.#step()
      if (this.#used.has(port) || !(await canListen(port))) continue
      this.#store.savePort(key, port)
      this.#keep(key, port)
      return port
    }
    throw engineErrors.noPort(from, to)
  }

  #step(): number {
    const port = this.#next
    this.#next = port >= this.#range.to ? this.#range.from : port + 1
    return port
  }

  #keep(key: string, port: number): void {
    this.#byKey.set(key, port)
    this.#used.add(port)
  }
}

/** Ports that are found ahead: a silo reserves a handful at once. */
const stockSize = 32

function canListen(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
