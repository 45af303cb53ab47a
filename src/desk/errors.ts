import type { Approval } from '#contract'
import { HangarError } from '#kernel'

export const deskErrors = {
  foreignHost: () =>
    new HangarError('The Host of this request is not a name of the desk', {
      code: 'HGR_DESK_HOST',
      status: 403,
      hint: 'Ask under the address that "hangar status" prints.',
    }),
  foreignOrigin: () =>
    new HangarError('The desk answers no requests that come from another site', {
      code: 'HGR_DESK_ORIGIN',
      status: 403,
    }),
  needsTls: (host: string) =>
    new HangarError(`The desk listens on ${host} only with TLS`, {
      code: 'HGR_DESK_TLS',
      status: 400,
      hint: 'Give a certificate and its key with --desk-cert and --desk-key, or stay on 127.0.0.1.',
    }),
  portTaken: (port: number) =>
    new HangarError(`The port ${port} of the desk is taken by another program`, {
      code: 'HGR_DESK_PORT',
      status: 409,
      hint: 'Choose another with --desk-port.',
    }),
  noOperation: (key: string) =>
    new HangarError(`There is no operation ${key}`, { code: 'HGR_DESK_OPERATION', status: 404 }),
  role: (role: string, operation: string) =>
    new HangarError(`The role ${role} may not call ${operation}`, {
      code: 'HGR_DESK_ROLE',
      status: 403,
      hint: 'The table of operations in docs/reference/operations.md says who may.',
    }),
  bound: (operation: string) =>
    new HangarError(`${operation} reaches beyond the silos that you hold`, {
      code: 'HGR_DESK_BOUND',
      status: 403,
    }),
  /** The same for a silo that does not exist and one that belongs to others; `held` are those that the caller may know of. Whoever holds `everything` is told that there is none. */
  noSilo: (name: string, held: readonly { readonly alias: string }[], everything = false) =>
    new HangarError(`There is no silo ${name}${everything ? '' : ' here for you'}`, {
      code: 'HGR_DESK_SILO',
      status: 404,
      hint:
        held.length > 0
          ? `${everything ? 'Silos here' : 'You hold'}: ${held
              .slice(0, 10)
              .map(({ alias }) => alias)
              .join(', ')}.`
          : everything
            ? 'There is none yet: hangar silo create <client> <app>.'
            : 'You hold none.',
    }),
  siloScale: (app: string) =>
    new HangarError(`${app} belongs to a silo and has exactly one machine`, {
      code: 'HGR_DESK_SILO_SCALE',
      status: 409,
      hint: 'To have none, put the silo to sleep: hangar silo stop.',
    }),
  processGroup: (app: string, group: string | undefined, groups: readonly string[]) =>
    new HangarError(
      group === undefined
        ? `${app} has ${groups.length} process groups; name one`
        : `${app} has no process group ${group}`,
      {
        code: 'HGR_DESK_GROUP',
        status: 422,
        hint:
          groups.length > 0
            ? `Its groups: ${groups.join(', ')}. Each service of a silo is an app of its own: --silo <silo> takes their names.`
            : 'It has no machine that could be copied; deploy it first.',
      },
    ),
  whichSilo: () =>
    new HangarError('silo_id: name the silo; you do not hold exactly one', {
      code: 'HGR_DESK_WHICH_SILO',
      status: 422,
    }),
  noConnection: (alias: string, phase: string) =>
    new HangarError(`There is no connection data of ${alias} while it is ${phase}`, {
      code: 'HGR_DESK_UNAVAILABLE',
      status: 404,
      hint:
        phase === 'stopped'
          ? 'Start it with POST /start-silo; names and keys stay the same.'
          : 'Ask again later.',
    }),
  degraded: (alias: string) =>
    new HangarError(`A service of ${alias} is down, so its connection data is withheld`, {
      code: 'HGR_DESK_DEGRADED',
      status: 409,
      hint: 'GET /silo-status says which; POST /start-silo starts what is down.',
    }),
  approvalNeeded: (approval: Approval) =>
    new HangarError(`${approval.operation} needs an approval: ${approval.id}`, {
      code: 'HGR_DESK_APPROVAL',
      status: 428,
      hint: `The operator gives it with "hangar approve ${approval.id}"; then make the very same call again.`,
      data: { approval: approval.id, plan_hash: approval.plan_hash, expires_at: approval.expires_at },
    }),
  noApproval: (id: string) =>
    new HangarError(`There is no approval ${id}`, {
      code: 'HGR_DESK_NO_APPROVAL',
      status: 404,
      hint: '"hangar approvals list" shows those that are waited for.',
    }),
  approvalDecided: (id: string, state: string) =>
    new HangarError(`The approval ${id} is ${state} already`, {
      code: 'HGR_DESK_APPROVAL_DECIDED',
      status: 409,
    }),
  tooManyApprovals: (most: number) =>
    new HangarError(`You wait for ${most} approvals already`, {
      code: 'HGR_DESK_APPROVALS_FULL',
      status: 429,
    }),
  noRule: (name: string, known: readonly string[]) =>
    new HangarError(`${name} can not be made to need an approval`, {
      code: 'HGR_DESK_RULE',
      status: 422,
      hint: `These can: ${known.join(', ')}.`,
    }),
  auditFailed: (why: string, hint?: string) =>
    new HangarError(`The call could not be written to the audit, so it fails: ${why}`, {
      code: 'HGR_DESK_AUDIT',
      status: 503,
      kind: 'user',
      ...(hint === undefined ? {} : { hint }),
    }),
  tooMany: (seconds: number) =>
    new HangarError(`Too many calls; the next is allowed in ${seconds} s`, {
      code: 'HGR_DESK_RATE',
      status: 429,
      data: { retry_after_seconds: seconds },
    }),
  input: (what: string) => new HangarError(what, { code: 'HGR_DESK_INPUT', status: 422, kind: 'user' }),
  archiving: () =>
    new HangarError('The audit is being archived or verified already', {
      code: 'HGR_DESK_ARCHIVING',
      status: 409,
      hint: 'Ask again when that is done.',
    }),
  archiveFailed: (folder: string, reason: string) =>
    new HangarError(`The archive of the audit cannot be written to ${folder}: ${reason}`, {
      code: 'HGR_DESK_ARCHIVE',
      status: 503,
      kind: 'user',
      hint: 'No row was removed. Make room or mend the folder, then do it again.',
    }),
  archiveDamaged: (detail: string) =>
    new HangarError(`The audit is damaged and stays where it is: ${detail}`, {
      code: 'HGR_DESK_ARCHIVE_DAMAGED',
      status: 409,
      hint: '"hangar audit verify" says where. No row was removed.',
    }),
  noMachine: (name: string) =>
    new HangarError(`There is no machine or app ${name}`, {
      code: 'HGR_DESK_MACHINE',
      status: 404,
      hint: '"hangar machine list" shows them.',
    }),
  severalMachines: (app: string, ids: readonly string[]) =>
    new HangarError(`The app ${app} has ${ids.length} machines; name one`, {
      code: 'HGR_DESK_WHICH',
      status: 409,
      hint: `Its machines: ${ids.join(', ')}.`,
    }),
  leaseTooWide: (role: string, what: string) =>
    new HangarError(`The role ${role} may not have such a lease: ${what}`, {
      code: 'HGR_DESK_LEASE',
      status: 403,
      hint: 'Ask for a narrower one, or ask devops.',
    }),
  noLease: (id: string) =>
    new HangarError(`There is no lease ${id} on this silo`, { code: 'HGR_SILO_NO_LEASE', status: 404 }),
}
