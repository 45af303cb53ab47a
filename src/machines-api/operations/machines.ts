import * as z from 'zod'
import { type LaunchInput, type ListMachinesQuery, machineConfigSchema, type WaitQuery } from '#contract'
import { bodyOf, type Call, duration, durationMs, flag, integer, list, param, text } from '../call.ts'
import { apiErrors } from '../errors.ts'
import { wordsOf } from '../words.ts'
import type { ApiOperation } from './operation.ts'

const machines = '/apps/{app_name}/machines'
const machine = `${machines}/{machine_id}`
const ok = { ok: true }

const launchBody = z.looseObject({
  name: z.string().nullish(),
  region: z.string().nullish(),
  config: machineConfigSchema.optional(),
  skip_launch: z.boolean().nullish(),
  skip_service_registration: z.boolean().nullish(),
  skip_secrets: z.boolean().nullish(),
  min_secrets_version: z.number().nullish(),
  lease_ttl: z.number().nullish(),
  current_version: z.string().nullish(),
})

const stopBody = z.looseObject({ signal: z.string().nullish(), timeout: duration.nullish() })
const signalBody = z.looseObject({ signal: z.union([z.string(), z.number()]) })
const execBody = z.looseObject({
  command: z.array(z.string()).nullish(),
  /** What fly-go sends: one line, as for a shell. */
  cmd: z.string().nullish(),
  stdin: z.string().nullish(),
  timeout: z.number().nonnegative().nullish(),
})

const app = (call: Call) => param(call, 'app_name')
const id = (call: Call) => param(call, 'machine_id')

export const machineOperations: readonly ApiOperation[] = [
  {
    method: 'GET',
    path: machines,
    status: 200,
    answer: call => call.api.listMachines(app(call), listQuery(call)),
  },
  {
    method: 'POST',
    path: machines,
    status: 200,
    answer: async call => call.api.createMachine(app(call), launchInput(call), call.caller),
  },
  { method: 'GET', path: machine, status: 200, answer: call => call.api.getMachine(app(call), id(call)) },
  {
    method: 'POST',
    path: machine,
    status: 200,
    async answer(call) {
      const { current_version: currentVersion } = bodyOf(call, launchBody)
      const input = { ...launchInput(call), ...(currentVersion ? { currentVersion } : {}) }
      return call.api.updateMachine(app(call), id(call), input, call.caller)
    },
  },
  {
    method: 'DELETE',
    path: machine,
    status: 200,
    async answer(call) {
      // fly-go sends `kill`, the specification says `force`.
      await call.api.destroyMachine(app(call), id(call), { force: flag(call, 'force', 'kill') }, call.caller)
      return ok
    },
  },
  {
    method: 'POST',
    path: `${machine}/start`,
    status: 200,
    async answer(call) {
      const { previousState } = await call.api.startMachine(app(call), id(call), call.caller)
      return { previous_state: previousState, migrated: false, new_host: '' }
    },
  },
  {
    method: 'POST',
    path: `${machine}/stop`,
    status: 200,
    async answer(call) {
      await call.api.stopMachine(app(call), id(call), stopInput(bodyOf(call, stopBody)), call.caller)
      return ok
    },
  },
  {
    method: 'POST',
    path: `${machine}/suspend`,
    status: 200,
    async answer(call) {
      await call.api.suspendMachine(app(call), id(call), call.caller)
      return ok
    },
  },
  {
    method: 'POST',
    path: `${machine}/restart`,
    status: 200,
    async answer(call) {
      const given = stopInput({ signal: text(call, 'signal'), timeout: text(call, 'timeout') })
      const input = { ...given, force: flag(call, 'force_stop') }
      await call.api.restartMachine(app(call), id(call), input, call.caller)
      return ok
    },
  },
  {
    method: 'POST',
    path: `${machine}/signal`,
    status: 200,
    async answer(call) {
      await call.api.signalMachine(app(call), id(call), bodyOf(call, signalBody).signal, call.caller)
      return ok
    },
  },
  { method: 'GET', path: `${machine}/wait`, status: 200, answer: wait },
  {
    method: 'GET',
    path: `${machine}/events`,
    status: 200,
    answer: call => call.api.listEvents(app(call), id(call), integer(call, 'limit')),
  },
  {
    method: 'GET',
    path: `${machine}/versions`,
    status: 200,
    answer: call => call.api.listVersions(app(call), id(call)),
  },
  {
    method: 'POST',
    path: `${machine}/exec`,
    status: 200,
    answer(call) {
      const body = bodyOf(call, execBody)
      const command = body.command ?? wordsOf(body.cmd ?? '')
      if (command.length === 0) throw apiErrors.badRequest('invalid request body: command is required')
      return call.api.execMachine(
        app(call),
        id(call),
        {
          command,
          ...(body.stdin ? { stdin: body.stdin } : {}),
          ...(body.timeout ? { timeoutMs: body.timeout * 1000 } : {}),
        },
        call.caller,
      )
    },
  },
  { method: 'GET', path: `${machine}/ps`, status: 200, answer: processes },
  { method: 'POST', path: `${machine}/cordon`, status: 200, answer: call => cordon(call, true) },
  { method: 'POST', path: `${machine}/uncordon`, status: 200, answer: call => cordon(call, false) },
  {
    method: 'GET',
    path: `${machine}/memory`,
    status: 200,
    answer: call => call.api.getMemory(app(call), id(call)),
  },
  {
    method: 'PUT',
    path: `${machine}/memory`,
    status: 200,
    answer: call =>
      call.api.setMemory(
        app(call),
        id(call),
        bodyOf(call, z.looseObject({ limit_mb: z.number() })).limit_mb,
        call.caller,
      ),
  },
  {
    method: 'POST',
    path: `${machine}/memory/reclaim`,
    status: 200,
    answer: call =>
      call.api.reclaimMemory(
        app(call),
        id(call),
        bodyOf(call, z.looseObject({ amount_mb: z.number() })).amount_mb,
      ),
  },
]

export function listQuery(call: Call): ListMachinesQuery {
  const metadata = Object.entries(call.query).flatMap(([key, value]) =>
    key.startsWith('metadata.') && value !== undefined
      ? [[key.slice('metadata.'.length), [value].flat()[0] ?? '']]
      : [],
  )
  const region = text(call, 'region')
  const states = list(call, 'state', 'states')
  return {
    includeDeleted: flag(call, 'include_deleted'),
    ...(region ? { region } : {}),
    ...(states ? { states } : {}),
    ...(metadata.length > 0 ? { metadata: Object.fromEntries(metadata) } : {}),
  }
}

function launchInput(call: Call): LaunchInput {
  const body = bodyOf(call, launchBody)
  if (!body.config) throw apiErrors.badRequest('invalid request body: config is required')
  return {
    config: body.config,
    ...(body.name ? { name: body.name } : {}),
    ...(body.region ? { region: body.region } : {}),
    ...(body.skip_launch ? { skipLaunch: true } : {}),
    ...(body.skip_service_registration ? { skipServiceRegistration: true } : {}),
    ...(body.skip_secrets ? { skipSecrets: true } : {}),
    ...(body.min_secrets_version ? { minSecretsVersion: body.min_secrets_version } : {}),
    ...(body.lease_ttl ? { leaseTtl: body.lease_ttl } : {}),
  }
}

function stopInput(given: {
  signal?: string | null | undefined
  timeout?: string | number | null | undefined
}) {
  const timeoutMs = durationMs(given.timeout)
  return {
    ...(given.signal ? { signal: given.signal } : {}),
    // fly-go writes "0s" when nobody named a time: then the machine's own counts. Whoever wants no grace sends SIGKILL.
    ...(timeoutMs ? { timeoutMs } : {}),
  }
}

async function wait(call: Call) {
  const states = list(call, 'state', 'states')
  const version = text(call, 'version', 'instance_id')
  const fromEventId = text(call, 'from_event_id')
  const timeoutMs = durationMs(text(call, 'timeout'))
  const query: WaitQuery = {
    ...(states ? { states } : {}),
    ...(version ? { version } : {}),
    ...(fromEventId ? { fromEventId } : {}),
    ...(timeoutMs === undefined ? {} : { timeout: timeoutMs / 1000 }),
  }
  const reached = await call.api.waitMachine(app(call), id(call), query)
  return { ok: true, state: reached.state, version: reached.version, event_id: reached.eventId }
}

async function processes(call: Call) {
  const all = await call.api.listProcesses(app(call), id(call))
  const by = text(call, 'sort_by')
  const sign = text(call, 'order') === 'desc' ? -1 : 1
  if (by !== 'pid' && by !== 'rss' && by !== 'cpu') return all
  return all.sort((a, b) => sign * (a[by] - b[by]))
}

async function cordon(call: Call, cordoned: boolean) {
  await call.api.cordonMachine(app(call), id(call), cordoned, call.caller)
  return ok
}
