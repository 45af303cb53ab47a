import { createHash } from 'node:crypto'
import { type Approval, type Operation, operations } from '#contract'
import { type Clock, ulid } from '#kernel'
import type { SiloName } from '#silos'
import type { ApprovalStore } from './approval-port.ts'
import { type Caller, isOperator } from './caller.ts'
import { deskErrors } from './errors.ts'
import { redactInput } from './redact.ts'

const pendingMs = 24 * 3600_000
/** How long an approval that was given waits to be used. */
const givenMs = 3600_000
/** Approvals that one caller may wait for at a time. */
const mostPending = 20

/**
 * Calls that need a second pair of eyes. An approval is bound to the hash of a plan: this operation, by this caller, on this very silo, with
 * this input. It is given on the Unix socket, where no agent is, and works once.
 */
export class Approvals {
  readonly #store: ApprovalStore
  readonly #clock: Clock

  constructor(store: ApprovalStore, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  /** Uses up the approval of this call. Throws 428, with the id to be approved, while there is none. Does nothing where none is needed. */
  check(caller: Caller, operation: Operation, input: unknown, silo: SiloName | undefined): void {
    if (isOperator(caller) || !this.required(operation)) return
    const plan_hash = planHash(caller, operation, input, silo)
    const open = this.#store.ofPlan(plan_hash).map(approval => this.#aged(approval))
    const given = open.find(({ state }) => state === 'approved')
    if (given) return this.#store.save({ ...given, state: 'used' })
    const pending = open.find(({ state }) => state === 'pending')
    throw deskErrors.approvalNeeded(pending ?? this.#ask(caller, operation, input, silo, plan_hash))
  }

  required(operation: Operation): boolean {
    if (operation.approval === 'never') return false
    return this.#store.rule(operation.name) ?? operation.annotations?.destructive ?? false
  }

  list(): Approval[] {
    return this.#store
      .list()
      .map(approval => this.#aged(approval))
      .filter(({ state }) => state === 'pending' || state === 'approved')
  }

  decide(id: string, state: 'approved' | 'refused'): Approval {
    const found = this.#store.get(id)
    if (!found) throw deskErrors.noApproval(id)
    const approval = this.#aged(found)
    if (approval.state !== 'pending') throw deskErrors.approvalDecided(id, approval.state)
    const decided: Approval = {
      ...approval,
      state,
      expires_at: new Date(this.#clock.now() + givenMs).toISOString(),
    }
    this.#store.save(decided)
    return decided
  }

  rules(): { operation: string; required: boolean }[] {
    return configurable().map(operation => ({
      operation: operation.name,
      required: this.required(operation),
    }))
  }

  setRule(name: string, required: boolean): { operation: string; required: boolean } {
    const operation = configurable().find(known => known.name === name)
    if (!operation)
      throw deskErrors.noRule(
        name,
        configurable().map(known => known.name),
      )
    this.#store.saveRule(name, required)
    return { operation: name, required }
  }

  #ask(
    caller: Caller,
    operation: Operation,
    input: unknown,
    silo: SiloName | undefined,
    plan_hash: string,
  ): Approval {
    const now = this.#clock.now()
    const all = this.#store.list().map(approval => this.#aged(approval))
    // What is over is of no more use; the audit keeps what happened.
    for (const { id, state } of all) if (state !== 'pending' && state !== 'approved') this.#store.delete(id)
    const waiting = all.filter(({ state, caller: by }) => state === 'pending' && by === caller.id)
    if (waiting.length >= mostPending) throw deskErrors.tooManyApprovals(mostPending)
    const approval: Approval = {
      id: `apr_${ulid(now).toLowerCase()}`,
      state: 'pending',
      plan_hash,
      operation: operation.name,
      caller: caller.id,
      role: caller.role,
      silo_id: silo?.silo_id ?? null,
      input: redactInput(input, operation.sensitive),
      asked_at: new Date(now).toISOString(),
      expires_at: new Date(now + pendingMs).toISOString(),
    }
    this.#store.save(approval)
    return approval
  }

  #aged(approval: Approval): Approval {
    const open = approval.state === 'pending' || approval.state === 'approved'
    return open && Date.parse(approval.expires_at) <= this.#clock.now()
      ? { ...approval, state: 'expired' }
      : approval
  }
}

function configurable(): Operation[] {
  return Object.values<Operation>(operations).filter(({ approval }) => approval === 'configurable')
}

/** A silo that was destroyed and made again under its old name is another one. */
function planHash(caller: Caller, operation: Operation, input: unknown, silo: SiloName | undefined): string {
  const plan = {
    operation: operation.name,
    caller: caller.id,
    role: caller.role,
    silo: silo ? [silo.silo_id, silo.made_at] : null,
    input,
  }
  return createHash('sha256').update(canonical(plan)).digest('hex')
}

/** JSON with sorted keys, so that the same plan has the same hash. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const entries = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(',')}}`
}
