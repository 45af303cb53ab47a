import type { Operation, Silo } from '#contract'
import type { SiloName } from '#silos'
import { type Caller, isOperator } from './caller.ts'
import { deskErrors } from './errors.ts'

/** How the desk looks silos up. */
export interface SiloDirectory {
  /** By id or alias; undefined when there is none. */
  name(idOrAlias: string): SiloName | undefined
  get(name: string): Silo
  list(): Silo[]
}

/** Throws 403 unless the caller's role may call the operation. A role that nobody knows may call nothing. */
export function checkRole(caller: Caller, operation: Operation): void {
  if (isOperator(caller)) return
  const allowed = caller.kind === 'agent' && (operation.roles as readonly string[]).includes(caller.role)
  if (!allowed) throw deskErrors.role(caller.role, operation.name)
}

/**
 * The silo that a call is about, or undefined when it is about none. Throws 404 in the same words, after the same work, whether the silo does
 * not exist or belongs to others: callers that are bound to silos are compared with those alone, and nothing else is looked up.
 */
export function siloOf(
  caller: Caller,
  operation: Operation,
  input: unknown,
  directory: SiloDirectory,
): SiloName | undefined {
  if (operation.scope === 'held') return undefined
  if (operation.scope === 'host') {
    if (caller.silos !== '*') throw deskErrors.bound(operation.name)
    return undefined
  }
  const name = (input as { silo_id?: string }).silo_id
  // Whoever holds one silo need not name it, where the operation leaves that open.
  if (name === undefined) {
    const only = caller.silos === '*' ? undefined : held(caller.silos, directory)
    if (only?.length !== 1 || !only[0]) throw deskErrors.whichSilo()
    return only[0]
  }
  const silo =
    caller.silos === '*'
      ? directory.name(name)
      : held(caller.silos, directory).find(({ silo_id, alias }) => silo_id === name || alias === name)
  if (!silo) throw deskErrors.noSilo(name, namesHeldBy(caller, directory), isOperator(caller))
  return silo
}

/** All silos that the caller holds. */
export function silosHeldBy(caller: Caller, directory: SiloDirectory): Silo[] {
  if (caller.silos === '*') return directory.list()
  return held(caller.silos, directory).map(({ silo_id }) => directory.get(silo_id))
}

function namesHeldBy(caller: Caller, directory: SiloDirectory): readonly { readonly alias: string }[] {
  return caller.silos === '*' ? directory.list() : held(caller.silos, directory)
}

function held(ids: readonly string[], directory: SiloDirectory): SiloName[] {
  return ids.flatMap(id => directory.name(id) ?? [])
}
