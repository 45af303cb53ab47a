import type { Check, CheckStatus, MachineConfig } from '#contract'
import { type Clock, parseDuration, type Timer } from '#kernel'
import { iso } from './describe.ts'
import type { Address, Probe } from './ports.ts'

const defaultIntervalMs = 15_000
const defaultTimeoutMs = 5_000
/** Checks of all machines fall on common moments, so far apart, as long as that delays none by more than a sixth of its interval. */
const gridsMs = [5_000, 1_000, 200]
/** When a check is made for the first time, if its interval is not shorter: a deploy waits for that answer. */
const firstAfterMs = 1_000

export interface NamedCheck {
  readonly name: string
  readonly check: Check
  readonly port: number
  /** Failing, it takes the machine out of routing: service checks, and top-level ones of kind readiness. */
  readonly gates: boolean
}

/** All checks of a configuration, named as Fly names them. */
export function checksOf(config: MachineConfig): NamedCheck[] {
  const found: NamedCheck[] = []
  for (const service of config.services ?? []) {
    for (const [index, check] of (service.checks ?? []).entries()) {
      const port = check.port ?? service.internal_port
      if (port)
        found.push({
          name: `servicecheck-${String(index).padStart(2, '0')}-${check.type ?? 'tcp'}-${port}`,
          check,
          port,
          gates: true,
        })
    }
  }
  for (const [name, check] of Object.entries(config.checks ?? {})) {
    if (check.port) found.push({ name, check, port: check.port, gates: check.kind === 'readiness' })
  }
  return found
}

export interface CheckRunnerOptions {
  readonly clock: Clock
  readonly probe: Probe
  addressOf(port: number): Address
  /** Called when a verdict differs from the one before. */
  onChange(): void
}

/**
 * Runs the checks of one started machine. Its runtime has seen it accept connections, so a tcp check begins as passing. What it answers
 * nobody has seen: an http check begins as a warning, which keeps no request away and lets no deploy take it for healthy.
 * Failures within the grace period do not count.
 */
export class CheckRunner {
  readonly #options: CheckRunnerOptions
  readonly #checks: readonly NamedCheck[]
  readonly #verdicts = new Map<string, CheckStatus>()
  readonly #timers = new Set<Timer>()
  #stopped = false

  constructor(config: MachineConfig, options: CheckRunnerOptions) {
    this.#options = options
    this.#checks = checksOf(config)
    const now = iso(options.clock.now())
    for (const { name, check } of this.#checks) {
      this.#verdicts.set(name, {
        name,
        ...(check.type === 'http'
          ? { status: 'warning', output: 'not checked yet since its start' }
          : { status: 'passing', output: 'accepted connections at its start' }),
        updated_at: now,
      })
    }
    const began = options.clock.monotonic()
    for (const check of this.#checks) this.#schedule(check, began, Math.min(firstAfterMs, intervalOf(check)))
  }

  /** Present verdicts, in the order of the configuration. */
  verdicts(): CheckStatus[] {
    return [...this.#verdicts.values()]
  }

  /** False while a check that gates routing is critical. */
  get healthy(): boolean {
    return !this.#checks.some(({ name, gates }) => gates && this.#verdicts.get(name)?.status === 'critical')
  }

  stop(): void {
    this.#stopped = true
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
  }

  /** `last`: when it was due before. */
  #schedule(check: NamedCheck, began: number, last: number): void {
    const { clock } = this.#options
    const due = nextDue(last, milliseconds(check.check.interval, defaultIntervalMs), clock.monotonic())
    const timer = clock.after(due - clock.monotonic(), () => {
      this.#timers.delete(timer)
      void this.#run(check, began).then(() => this.#stopped || this.#schedule(check, began, due))
    })
    this.#timers.add(timer)
  }

  async #run({ name, check, port }: NamedCheck, began: number): Promise<void> {
    const { probe, clock } = this.#options
    const timeoutMs = milliseconds(check.timeout, defaultTimeoutMs)
    const address = this.#options.addressOf(port)
    const verdict =
      check.type === 'http'
        ? await probe.http(address, {
            method: check.method ?? 'GET',
            path: check.path ?? '/',
            headers: check.headers ?? [],
            timeoutMs,
          })
        : await probe.tcp(address, timeoutMs)
    if (this.#stopped) return
    const inGrace = clock.monotonic() - began < milliseconds(check.grace_period, 0)
    if (!verdict.ok && inGrace) return
    const before = this.#verdicts.get(name)
    const status = verdict.ok ? 'passing' : 'critical'
    this.#verdicts.set(name, { name, status, output: verdict.output, updated_at: iso(clock.now()) })
    if (before?.status !== status) this.#options.onChange()
  }
}

function intervalOf({ check }: NamedCheck): number {
  return milliseconds(check.interval, defaultIntervalMs)
}

/**
 * When a check is due again: on a moment that it shares with others. Five hundred machines that are each looked at once a minute would
 * otherwise wake a process that sleeps eight times a second; together, the second look costs a fraction of the first.
 */
function nextDue(last: number, intervalMs: number, now: number): number {
  const gridMs = gridsMs.find(each => each <= intervalMs / 6) ?? 0
  const earliest = Math.max(last + intervalMs, now)
  return gridMs === 0 ? earliest : Math.ceil(earliest / gridMs) * gridMs
}

/** A Go duration, or Go's integer nanoseconds. */
export function milliseconds(value: string | number | null | undefined, fallback: number): number {
  if (value === null || value === undefined) return fallback
  return typeof value === 'number' ? value / 1e6 : parseDuration(value)
}
