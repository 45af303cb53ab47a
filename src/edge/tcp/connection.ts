import { createConnection, type NetConnectOpts, type Socket } from 'node:net'
import { codeOf, messageOf, sleep } from '#kernel'
import { noWish } from '../balance.ts'
import type { EdgeContext, Entrance } from '../context.ts'
import type { RouteMachine, WakeCause } from '../ports.ts'
import { postgresRefusal, type Refusal, refusals } from '../refusals.ts'
import { join } from './pipe.ts'
import { limitRows } from './row-limit.ts'
import { readStartup } from './startup.ts'

const connectPatienceMs = 3_000

/** A connection that is passed through as bytes: held while its machine wakes, counted as load while it is open. */
export async function passThrough(
  socket: Socket,
  context: EdgeContext,
  entrance: Entrance & { readonly target: NonNullable<Entrance['target']> },
): Promise<void> {
  const { target } = entrance
  const cause: WakeCause = { door: 'tcp', client: socket.remoteAddress ?? '' }
  context.counters.open++
  context.activity.began(target.app, cause)
  try {
    await connectThrough(socket, Buffer.alloc(0), context, entrance, cause, refusal => {
      // Bytes of an unknown protocol have no words for a refusal; a reset at least is no silent success.
      context.log.info({ app: target.app, why: refusal.message }, 'edge: connection refused')
      socket.resetAndDestroy()
    })
  } finally {
    context.counters.open--
    context.activity.ended(target.app)
  }
}

export interface DatabaseRules {
  /** Roles that may not come in from the network at all. */
  readonly refusedUsers: ReadonlySet<string>
  /** Most rows of one answer to that role; undefined: any number. */
  rowLimit(app: string, user: string): number | undefined
}

/** The same for PostgreSQL, in whose own words a refusal is given. */
export async function passPostgres(
  socket: Socket,
  context: EdgeContext,
  entrance: Entrance & { readonly target: NonNullable<Entrance['target']> },
  rules: DatabaseRules,
): Promise<void> {
  const { target } = entrance
  const startup = await readStartup(socket)
  if (!startup) return
  const refuse = (refusal: Refusal) => {
    context.counters.refused++
    socket.end(postgresRefusal(refusal))
    socket.resume()
  }
  if (startup.kind === 'unknown') return refuse(refusals.badRequest(startup.why))
  if (startup.kind === 'start' && rules.refusedUsers.has(startup.user))
    return refuse(
      refusals.badRequest(`the role ${startup.user} can be used on this machine's own socket only`),
    )
  const service = context.holder.serviceOf(target)
  // There is nothing to cancel in a database that sleeps.
  if (startup.kind === 'cancel' && !service?.machines.some(({ state }) => state === 'started')) {
    socket.destroy()
    return
  }
  const cause: WakeCause = { door: 'postgres', client: socket.remoteAddress ?? '' }
  context.counters.open++
  context.activity.began(target.app, cause)
  try {
    const limit = startup.kind === 'start' ? rules.rowLimit(target.app, startup.user) : undefined
    await connectThrough(socket, startup.packet, context, entrance, cause, refuse, limit)
  } finally {
    context.counters.open--
    context.activity.ended(target.app)
  }
}

/** Resolves when the connection is over. */
async function connectThrough(
  socket: Socket,
  first: Buffer,
  context: EdgeContext,
  { target }: Entrance & { readonly target: NonNullable<Entrance['target']> },
  cause: WakeCause,
  refuse: (refusal: Refusal) => void,
  rowLimit?: number,
): Promise<void> {
  const { holder, loads, clock, counters } = context
  const left = new AbortController()
  socket.once('close', () => left.abort())
  socket.on('error', () => {})
  const until = clock.monotonic() + connectPatienceMs
  for (;;) {
    const service = holder.serviceOf(target)
    let machine = service && holder.now(service, target, noWish, cause)
    if (!machine) {
      counters.held++
      const held = await holder.take(target, noWish, cause, left.signal)
      if (left.signal.aborted) return
      if ('refusal' in held) return refuse(held.refusal)
      machine = held.machine
    }
    loads.add(machine.id)
    try {
      const upstream = await connect(machine)
      if (left.signal.aborted) return void upstream.destroy()
      if (first.length > 0) upstream.write(first)
      const { id } = machine
      await new Promise<void>(resolve => {
        const answer = rowLimit === undefined ? undefined : limitRows(upstream, socket, rowLimit)
        join(socket, upstream, () => holder.stir(target, id, cause), resolve, answer)
        socket.resume()
      })
      return
    } catch (error) {
      if (left.signal.aborted) return
      const refused = ['ECONNREFUSED', 'ENOENT'].includes(codeOf(error) ?? '')
      if (!refused || clock.monotonic() > until)
        return refuse(refusals.upstream(target.app, messageOf(error)))
      await sleep(clock, 20)
    } finally {
      loads.remove(machine.id, clock.monotonic())
    }
  }
}

function connect({ address }: RouteMachine): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ ...address, allowHalfOpen: true, noDelay: true } as NetConnectOpts)
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.removeListener('error', reject)
      resolve(socket)
    })
  })
}
