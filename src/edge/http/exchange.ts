import { messageOf } from '#kernel'
import { noWish, type Wish } from '../balance.ts'
import type { EdgeContext } from '../context.ts'
import type { Held, Target } from '../hold.ts'
import type { RouteMachine, WakeCause } from '../ports.ts'
import { httpRefusal, type Refusal, refusals, webSocketRefusal } from '../refusals.ts'
import { connectTo } from '../upstream/connect.ts'
import { addressKey, type Upstream, type UpstreamOwner } from '../upstream/pool.ts'
import { BadMessage } from './bad-message.ts'
import { type BodyReader, bodyReader, ChunkReader } from './body.ts'
import type { ClientConnection } from './client-connection.ts'
import { parseResponseHead, type RequestHead, type ResponseHead } from './head.ts'
import { KeptBody } from './kept-body.ts'
import { parseReplay, type Replay } from './replay.ts'
import { requestId } from './request-id.ts'
import { resolveTarget } from './resolve.ts'
import { requestHeadFor, responseHeadFor } from './rewrite.ts'
import { wishOf } from './wish.ts'

const replaysAtMost = 4
/** No method with a body and no lasting effect: may be sent again although the first sending may have arrived. */
const repeatable = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE'])

/**
 * One request and its answer. Both bodies stream: what arrives is written on at once, and a side that cannot keep up
 * stops the other from being read.
 */
export class Exchange implements UpstreamOwner {
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
  declare private response: ResponseHead | undefined
  declare private responseBody: BodyReader | undefined
  declare private unread: Buffer | undefined
  declare private responseBegun: boolean
  declare private upgraded: boolean
  declare private over: boolean
  declare private abort: AbortController | undefined
  declare private answerStart: Buffer | undefined
  declare private unwrap: boolean

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
    this.response = undefined
    this.responseBody = undefined
    this.unread = undefined
    this.responseBegun = false
    this.upgraded = false
    this.over = false
    this.abort = undefined
    this.answerStart = undefined
    this.unwrap = false
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
      if (this.upgraded) this.toClient(chunk)
      else if (this.response) this.answerBody(chunk, 0)
      else this.answerHead(chunk)
    } catch (error) {
      this.upstreamFailed(
        error instanceof BadMessage ? `its answer is malformed: ${error.message}` : messageOf(error),
      )
    }
  }

  onUpstreamEnd(): void {
    if (this.upgraded) this.client.socket.end()
    else if (this.response?.framing.kind === 'until-close') this.complete()
    else this.upstream?.socket.destroy()
  }

  onUpstreamClose(error: Error | undefined): void {
    const upstream = this.upstream
    this.upstream = undefined
    if (this.over) return
    if (this.upgraded) return this.endUpgraded()
    if (this.response) {
      if (this.response.framing.kind === 'until-close') return this.complete()
      // Half an answer is on its way: only closing tells the client that it is not whole.
      this.settle()
      this.client.socket.destroy()
      return
    }
    const again = upstream?.reused && !this.kept.forgotten && repeatable.has(this.head.method)
    if (again && this.machine) {
      const machine = this.machine
      this.release()
      this.send(machine)
      return
    }
    this.upstreamFailed(error ? messageOf(error) : 'it closed the connection without an answer')
  }

  // Finding a machine

  private cause(): WakeCause {
    return { door: this.head.upgrade === 'websocket' ? 'websocket' : 'http', client: this.client.clientIp }
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
    if (this.head.expectContinue && !this.body.done && !this.responseBegun)
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

  // The answer

  private answerHead(chunk: Buffer): void {
    const buffer = this.answerStart ? Buffer.concat([this.answerStart, chunk]) : chunk
    let from = 0
    for (;;) {
      const head = parseResponseHead(buffer, from, this.head.method)
      if (!head) {
        this.answerStart = from > 0 ? buffer.subarray(from) : buffer
        return
      }
      from = head.end
      if (head.status >= 200 || head.status === 101) {
        this.answerStart = undefined
        return this.answer(head, buffer, from)
      }
      // 100 was given by the edge; early hints and processing are passed on to who can read them.
      if (head.status !== 100 && this.head.minor === 1) {
        const text = buffer.toString('latin1', head.end - headLength(buffer, head.end), head.end)
        this.client.socket.write(text, 'latin1')
      }
    }
  }

  private answer(head: ResponseHead, buffer: Buffer, from: number): void {
    const replay = head.fields.get('fly-replay')
    if (replay !== undefined && head.status !== 101) {
      const parsed = parseReplay(replay)
      if (parsed) return this.replay(parsed)
    }
    this.response = head
    this.responseBegun = true
    if (head.status === 101) return this.upgrade(head, buffer, from)
    const unwrap = head.framing.kind === 'chunked' && this.head.minor === 0
    const text = responseHeadFor(head, {
      requestId: this.id,
      keepAlive: this.keepAlive(head),
      minor: this.head.minor,
      unwrap,
      upgraded: false,
    })
    this.responseBody = unwrap ? new ChunkReader(payload => this.toClient(payload)) : bodyReader(head.framing)
    this.unwrap = unwrap
    const body = this.responseBody
    const taken = body.done ? 0 : body.take(buffer, from)
    if (unwrap || taken === 0) this.client.socket.write(text, 'latin1')
    else {
      // Head and first part in one piece: one system call, one packet.
      const length = text.length + taken
      const whole = Buffer.allocUnsafe(length)
      whole.write(text, 0, 'latin1')
      buffer.copy(whole, text.length, from, from + taken)
      this.toClient(whole)
    }
    if (body.done) this.complete(buffer.length > from + taken)
  }

  private answerBody(chunk: Buffer, from: number): void {
    const body = this.responseBody as BodyReader
    const taken = body.take(chunk, from)
    if (!this.unwrap && taken > 0)
      this.toClient(taken === chunk.length ? chunk : chunk.subarray(from, from + taken))
    if (body.done) this.complete(chunk.length > from + taken)
  }

  private toClient(part: Buffer): void {
    if (!this.client.socket.write(part)) this.upstream?.socket.pause()
  }

  private keepAlive(head: ResponseHead): boolean {
    if (head.framing.kind === 'until-close') return false
    if (this.head.minor === 0 && head.framing.kind === 'chunked') return false
    // With a request body that was not read to its end, the next request could not be found.
    return this.head.keepAlive && this.body.done
  }

  /** `excess`: the machine sent more than its answer, so its connection cannot be trusted any more. */
  private complete(excess = false): void {
    const head = this.response as ResponseHead
    const keepAlive = this.keepAlive(head)
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

  // Upgrades

  private upgrade(head: ResponseHead, buffer: Buffer, from: number): void {
    const text = responseHeadFor(head, {
      requestId: this.id,
      keepAlive: true,
      minor: 1,
      unwrap: false,
      upgraded: true,
    })
    this.upgraded = true
    this.kept.clear()
    this.client.socket.write(text, 'latin1')
    if (from < buffer.length) this.toClient(buffer.subarray(from))
    if (this.unread) this.pass(this.unread)
    this.unread = undefined
  }

  private endUpgraded(): void {
    this.settle()
    this.client.close()
  }

  // Replays, refusals, ends

  private replay(replay: Replay): void {
    const target = this.target as Target
    const from = this.machine
    const upstream = this.detach()
    upstream?.socket.destroy()
    this.release()
    if (++this.replays > replaysAtMost) return this.refuse(refusals.replayLoop(target.app))
    if (this.kept.forgotten || !this.body.done) return this.refuse(refusals.replayTooLarge(target.app))
    this.replaySource = `instance=${from?.id};region=${from?.region};t=${Math.round(this.context.clock.now() * 1000)}${replay.state === undefined ? '' : `;state=${replay.state}`}`
    if (replay.app !== undefined && replay.app !== target.app) {
      const here = this.context.routes.get(target.app)
      const there = this.context.routes.get(replay.app)
      const service = there?.services.find(({ wire }) => wire === 'http')
      // Apps of another network do not exist for this one.
      if (!there || !service || there.network !== here?.network)
        return this.refuse(refusals.noHost(replay.app))
      this.context.activity.ended(target.app)
      this.target = { app: there.name, internalPort: service.internalPort }
      this.context.activity.began(there.name, this.cause())
    }
    this.wanted = {
      forceInstance: replay.instance,
      preferInstance: replay.preferInstance,
      preferRegion: replay.region,
      except: replay.elsewhere ? from?.id : undefined,
    }
    void this.hold()
  }

  private redirect(location: string): void {
    const keepAlive = this.head.keepAlive && this.body.done
    this.over = true
    this.client.socket.write(
      `HTTP/1.1 301 Moved Permanently\r\nlocation: ${location}\r\ncontent-length: 0\r\nfly-request-id: ${this.id}\r\n${keepAlive ? '' : 'connection: close\r\n'}\r\n`,
      'latin1',
    )
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
    if (this.responseBegun) {
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
    if (this.responseBegun) this.client.socket.destroy()
    else this.client.refuse(error)
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

/** Length of the head that ends at `end`. */
function headLength(buffer: Buffer, end: number): number {
  const before = buffer.lastIndexOf('\r\n\r\n', end - 5, 'latin1')
  return before < 0 ? end : end - before - 4
}
