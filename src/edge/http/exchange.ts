import { messageOf } from '#kernel'
import {
  BadMessage,
  type BodyReader,
  bodyReader,
  type RequestHead,
  type ResponseHead,
  type Turn,
  type Upstream,
  type UpstreamOwner,
} from '#wire'
import { noWish, type Wish } from '../balance.ts'
import type { EdgeContext } from '../context.ts'
import type { Held, Target } from '../hold.ts'
import type { RouteMachine, WakeCause } from '../ports.ts'
import { httpRedirect, httpRefusal, type Refusal, refusals, webSocketRefusal } from '../refusals.ts'
import type { ClientConnection } from './client-connection.ts'
import { addressKey, connectTo } from './connect.ts'
import { KeptBody } from './kept-body.ts'
import { Relay, type RelayOwner } from './relay.ts'
import { type Replay, replaySource, replayTarget, replayWish } from './replay.ts'
import { requestId } from './request-id.ts'
import { resolveTarget } from './resolve.ts'
import { requestHeadFor } from './rewrite.ts'
import { wishOf } from './wish.ts'

const replaysAtMost = 4
/** No method with a body and no lasting effect: may be sent again although the first sending may have arrived. */
const repeatable = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE'])

/**
 * One request and its answer. Both bodies stream: what arrives is written on at once, and a side that cannot keep up
 * stops the other from being read.
 */
export class Exchange implements Turn, UpstreamOwner, RelayOwner {
  // Declared here and set in the constructor, in one go: one of these is made for every request.
  declare private readonly client: ClientConnection
  declare private readonly context: EdgeContext
  declare private readonly head: RequestHead
  declare private readonly id: string
  declare private body: BodyReader
  declare private readonly kept: KeptBody
  declare private target: Target | undefined
  declare private machine: RouteMachine | undefined
  declare private upstream: Upstream | undefined
  declare private wanted: Wish
  declare private replays: number
  declare private replaySource: string | undefined
  declare private unread: Buffer | undefined
  declare private relay: Relay
  declare private upgraded: boolean
  declare private over: boolean
  declare private abort: AbortController | undefined

  constructor(client: ClientConnection, head: RequestHead) {
    this.client = client
    this.context = client.context
    this.head = head
    this.body = bodyReader(head.framing)
    this.id = requestId()
    this.kept = new KeptBody()
    this.target = undefined
    this.machine = undefined
    this.upstream = undefined
    this.wanted = noWish
    this.replays = 0
    this.replaySource = undefined
    this.unread = undefined
    this.relay = new Relay(client, head, this.id, this)
    this.upgraded = false
    this.over = false
    this.abort = undefined
  }

  /** `rest` is what came with the head. Throws BadMessage when it is no valid begin of the body: then no machine has seen anything. */
  begin(rest: Buffer | undefined): void {
    this.context.counters.requests++
    const ahead = rest && this.keep(rest)
    const { entrance } = this.client
    const resolved = resolveTarget(this.context, entrance, this.head.host, this.head.target)
    this.unread = ahead
    if ('redirect' in resolved) return this.redirect(resolved.redirect)
    if ('refusal' in resolved) return this.refuse(resolved.refusal)
    this.target = resolved.target
    this.context.activity.began(resolved.target.app, this.cause())
    this.wanted = wishOf(this.head.fields)
    const machine = this.context.holder.now(resolved.service, resolved.target, this.wanted, this.cause())
    if (machine) this.send(machine)
    else void this.hold()
  }

  /** Returns what does not belong to this request. */
  onClientData(chunk: Buffer): Buffer | undefined {
    if (this.upgraded) {
      if (this.target && this.machine) this.context.holder.stir(this.target, this.machine.id, this.cause())
      this.pass(chunk)
      return undefined
    }
    if (this.body.done) return chunk
    try {
      const taken = this.body.take(chunk, 0)
      const part = taken === chunk.length ? chunk : chunk.subarray(0, taken)
      if (!this.upstream) this.wait(part)
      else {
        this.kept.sent(part)
        this.pass(part)
      }
      return taken < chunk.length ? chunk.subarray(taken) : undefined
    } catch (error) {
      this.fail(error)
      return undefined
    }
  }

  /** The client will send no more. A request that is complete is still answered; so is one direction of an upgraded connection. */
  onClientEnd(): void {
    if (this.upgraded) this.upstream?.socket.end()
    else if (!this.body.done) this.onClientClose()
  }

  onClientDrain(): void {
    this.upstream?.socket.resume()
  }

  onClientClose(): void {
    if (this.over) return
    this.settle()
    this.abort?.abort()
    const upstream = this.detach()
    upstream?.socket.destroy()
  }

  onUpstreamDrain(): void {
    this.client.socket.resume()
  }

  onUpstreamData(chunk: Buffer): void {
    try {
      if (!this.upgraded) this.relay.take(chunk)
      else if (!this.client.socket.write(chunk)) this.onClientFull()
    } catch (error) {
      this.upstreamFailed(
        error instanceof BadMessage ? `its answer is malformed: ${error.message}` : messageOf(error),
      )
    }
  }

  onUpstreamEnd(): void {
    if (this.upgraded) this.client.socket.end()
    else if (this.relay.head?.framing.kind === 'until-close') this.onAnswered(false)
    else this.upstream?.socket.destroy()
  }

  onUpstreamClose(error: Error | undefined): void {
    const upstream = this.upstream
    this.upstream = undefined
    if (this.over) return
    if (this.upgraded) return this.endUpgraded()
    if (this.relay.head) {
      if (this.relay.head.framing.kind === 'until-close') return this.onAnswered(false)
      // Half an answer is on its way: only closing tells the client that it is not whole.
      this.settle()
      this.client.socket.destroy()
      return
    }
    const again = upstream?.reused && !this.kept.forgotten && repeatable.has(this.head.method)
    if (again && this.machine) {
      const machine = this.machine
      this.relay = new Relay(this.client, this.head, this.id, this)
      this.release()
      this.send(machine)
      return
    }
    this.upstreamFailed(error ? messageOf(error) : 'it closed the connection without an answer')
  }

  // Finding a machine

  private cause(): WakeCause {
    return {
      door: this.head.upgrade === 'websocket' ? 'websocket' : 'http',
      client: this.client.clientIp,
      path: this.head.target,
    }
  }

  private async hold(): Promise<void> {
    const { holder, counters } = this.context
    counters.held++
    this.abort = new AbortController()
    let held: Held
    try {
      held = await holder.take(this.target as Target, this.wanted, this.cause(), this.abort.signal)
    } catch (error) {
      return this.fail(error)
    }
    if (this.over) return
    if ('refusal' in held) this.refuse(held.refusal)
    else this.send(held.machine)
  }

  private send(machine: RouteMachine): void {
    const { loads, pool } = this.context
    this.machine = machine
    loads.add(machine.id)
    const key = addressKey(machine.address)
    const kept = pool.take(key)
    if (kept) this.use(kept)
    else void this.connect(machine, key)
  }

  private async connect(machine: RouteMachine, key: string): Promise<void> {
    try {
      const upstream = await connectTo(this.context, this.target as Target, machine, key, () => this.over)
      if (this.over) upstream?.socket.destroy()
      else if (upstream) this.use(upstream)
      else {
        this.release()
        await this.hold()
      }
    } catch (error) {
      if (this.over) return
      this.release()
      this.refuse(refusals.upstream(this.target?.app ?? '', messageOf(error)))
    }
  }

  private use(upstream: Upstream): void {
    this.upstream = upstream
    upstream.owner = this
    const head = requestHeadFor(this.head, {
      lines: this.client.lines,
      clientIp: this.client.clientIp,
      requestId: this.id,
      startedAtUs: Math.round(this.context.clock.now() * 1000),
      replaySource: this.replaySource,
    })
    if (this.head.expectContinue && !this.body.done && !this.relay.head)
      this.client.socket.write('HTTP/1.1 100 Continue\r\n\r\n')
    const { socket } = upstream
    if (this.kept.parts.length === 0) socket.write(head, 'latin1')
    else {
      socket.cork()
      socket.write(head, 'latin1')
      for (const part of this.kept.parts) socket.write(part)
      socket.uncork()
    }
    if (this.client.socket.isPaused() && !socket.writableNeedDrain) this.client.socket.resume()
  }

  // The request's body

  /** Takes the body's part of `rest`, keeps it, and returns what is behind it. */
  private keep(rest: Buffer): Buffer | undefined {
    if (this.body.done) return rest
    const taken = this.body.take(rest, 0)
    this.wait(rest.subarray(0, taken))
    return taken < rest.length ? rest.subarray(taken) : undefined
  }

  /** No machine yet: the part is kept, and beyond a measure the client is no longer read. */
  private wait(part: Buffer): void {
    if (this.kept.waits(part)) this.client.socket.pause()
  }

  private pass(part: Buffer): void {
    const socket = this.upstream?.socket
    if (socket && !socket.write(part)) this.client.socket.pause()
  }

  // The answer, as the relay tells it

  get requestRead(): boolean {
    return this.body.done
  }

  onClientFull(): void {
    this.upstream?.socket.pause()
  }

  onUpgrade(_head: ResponseHead, first: Buffer): void {
    this.upgraded = true
    this.upstream?.joined()
    this.kept.clear()
    if (first.length > 0 && !this.client.socket.write(first)) this.onClientFull()
    if (this.unread) this.pass(this.unread)
    this.unread = undefined
  }

  onAnswered(excess: boolean): void {
    const head = this.relay.head as ResponseHead
    const keepAlive = this.relay.keepsClient(head)
    const reusable = !excess && head.keepAlive && head.framing.kind !== 'until-close' && this.body.done
    this.settle()
    const upstream = this.detach()
    if (upstream) {
      if (reusable) {
        upstream.socket.resume()
        this.context.pool.give(upstream)
      } else upstream.socket.destroy()
    }
    this.client.finished(keepAlive, this.unread)
  }

  private endUpgraded(): void {
    this.settle()
    this.client.close()
  }

  // Replays, refusals, ends

  onReplay(replay: Replay): void {
    const target = this.target as Target
    const from = this.machine
    const upstream = this.detach()
    upstream?.socket.destroy()
    this.release()
    if (++this.replays > replaysAtMost) return this.refuse(refusals.replayLoop(target.app))
    if (this.kept.forgotten || !this.body.done) return this.refuse(refusals.replayTooLarge(target.app))
    this.replaySource = replaySource(replay, from, this.context.clock.now())
    const to = replayTarget(replay, target, this.context.routes)
    if (!to) return this.refuse(refusals.noHost(replay.app ?? ''))
    if (to !== target) {
      this.context.activity.ended(target.app)
      this.target = to
      this.context.activity.began(to.app, this.cause())
    }
    this.wanted = replayWish(replay, from)
    void this.hold()
  }

  private redirect(location: string): void {
    const keepAlive = this.head.keepAlive && this.body.done
    this.over = true
    this.client.socket.write(httpRedirect(location, { keepAlive, requestId: this.id }), 'latin1')
    this.client.finished(keepAlive, this.unread)
  }

  private refuse(refusal: Refusal): void {
    const { socket } = this.client
    this.context.counters.refused++
    const keepAlive = this.head.keepAlive && this.body.done
    this.settle()
    const key = this.head.fields.get('sec-websocket-key')
    if (this.head.upgrade === 'websocket' && key !== undefined && refusal.status === 503) {
      socket.write(webSocketRefusal(refusal, key))
      this.client.finished(false, undefined)
      return
    }
    socket.write(httpRefusal(refusal, { keepAlive, requestId: this.id, head: this.head.method === 'HEAD' }))
    this.client.finished(keepAlive, this.unread)
  }

  private upstreamFailed(why: string): void {
    const upstream = this.detach()
    upstream?.socket.destroy()
    if (this.over) return
    this.context.log.warn(
      { app: this.target?.app, machine: this.machine?.id, why },
      'edge: a machine did not answer',
    )
    if (this.relay.head) {
      this.settle()
      this.client.socket.destroy()
    } else this.refuse(refusals.upstream(this.target?.app ?? '', why))
  }

  /** The client sent what cannot be read, in the middle of a body. */
  private fail(error: unknown): void {
    const upstream = this.detach()
    upstream?.socket.destroy()
    this.abort?.abort()
    this.settle()
    if (this.relay.head) this.client.socket.destroy()
    else this.client.fail(error)
  }

  private detach(): Upstream | undefined {
    const upstream = this.upstream
    this.upstream = undefined
    if (upstream) upstream.owner = undefined
    return upstream
  }

  private release(): void {
    if (this.machine) this.context.loads.remove(this.machine.id, this.context.clock.monotonic())
    this.machine = undefined
  }

  private settle(): void {
    if (this.over) return
    this.over = true
    this.release()
    this.kept.clear()
    if (this.target) this.context.activity.ended(this.target.app)
  }
}
